import type { OpenAttempt } from './member.ts'

/**
 * A member's attempts in flight. Each knows its place in a list: a Set whose entries come and go with calls leaves tables behind, by which
 * the young collector keeps what follows (see `TransientMap`).
 */
export class OpenAttempts {
  readonly #list: OpenAttempt[] = []

  get size(): number {
    return this.#list.length
  }

  has(attempt: OpenAttempt): boolean {
    return this.#list[attempt.place] === attempt
  }

  add(attempt: OpenAttempt): void {
    attempt.place = this.#list.length
    this.#list.push(attempt)
  }

  /** The last one takes its place. */
  delete(attempt: OpenAttempt): void {
    if (!this.has(attempt)) return
    const last = this.#list.pop()
    if (!last || last === attempt) return
    last.place = attempt.place
    this.#list[last.place] = last
  }

  [Symbol.iterator](): Iterator<OpenAttempt> {
    return this.#list.values()
  }
}
