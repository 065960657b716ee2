/**
 * A doubly linked list: whatever stands in it is taken out at the same cost, however long it is. What comes and goes with calls stands
 * better in it than in a Set or a Map: see `TransientMap`.
 */
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
    // Once one link has become old, the young collector would keep all that came after it, and their calls.
    link.before = undefined
    link.after = undefined
    this.#length--
    return true
  }

  /** Takes the first one to the end. */
  rotate(): void {
    if (this.#first) this.renew(this.#first)
  }

  /** Takes a link of this chain to its end. */
  renew(link: Link<T>): void {
    if (link === this.#last || link.chain !== this) return
    const { before, after } = link
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    link.before = this.#last
    link.after = undefined
    if (this.#last) this.#last.after = link
    this.#last = link
  }

  /** From the first to the last; the one that is read may be removed meanwhile. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let link = this.#first; link; ) {
      const { value, after } = link
      yield value
      link = after
    }
  }
}

/** A place in a chain. Only a chain makes and changes one. */
export interface Link<T> {
  readonly value: T
  before: Link<T> | undefined
  after: Link<T> | undefined
  chain: Chain<T> | undefined
}
