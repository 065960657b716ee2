/** A doubly linked list: whatever stands in it is taken out at the same cost, however long it is. */
export class Chain<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  get first(): T | undefined {
    return this.#first?.value
  }

  get last(): T | undefined {
    return this.#last?.value
  }

  push(value: T): Link<T> {
    const link: Link<T> = { value, before: this.#last, after: undefined, chain: this }
    if (this.#last) this.#last.after = link
    else this.#first = link
    this.#last = link
    this.#length++
    return link
  }

  /** A link that is no longer, or never was, in this chain changes nothing. */
  remove(link: Link<T>): boolean {
    if (link.chain !== this) return false
    const { before, after } = link
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    link.chain = undefined
    this.#length--
    return true
  }

  /** Takes the first one to the end. */
  rotate(): void {
    const first = this.#first
    if (!first || first === this.#last) return
    this.#first = first.after
    if (first.after) first.after.before = undefined
    first.before = this.#last
    first.after = undefined
    if (this.#last) this.#last.after = first
    this.#last = first
  }
}

/** A place in a chain. Only a chain makes and changes one. */
export interface Link<T> {
  readonly value: T
  before: Link<T> | undefined
  after: Link<T> | undefined
  chain: Chain<T> | undefined
}
