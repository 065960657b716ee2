import type { CallerSignal } from '../../kernel/call.ts'
import type { KeptAnswer } from './kept-answer.ts'
import type { SharedStream } from './shared-stream.ts'

/** What those who joined get: an answer, or the beginning of a stream with the version that gives it. */
export type Landed =
  | { readonly kind: 'whole'; readonly kept: KeptAnswer }
  | { readonly kind: 'stream'; readonly stream: SharedStream; readonly version: string }

/**
 * A call in flight that others may join, as they ask for the same. It goes on for as long as one of them waits for it: also when the
 * first, whose Record tells what it cost, has left.
 */
export class Flight {
  /** What its answer is kept under. */
  readonly key: string
  /** Until what was asked for was purged. */
  mayKeep = true
  /** Aborts when the last of them has left. */
  readonly signal: CallerSignal
  readonly #left = new LeftSignal()
  /** Of the few that others join. */
  #landing: PromiseWithResolvers<Landed | undefined> | undefined
  #over: { readonly landed: Landed | undefined } | undefined
  /** The first of them. */
  #aboard = 1
  #seats: number

  constructor(key: string, seats: number) {
    this.key = key
    this.#seats = seats
    this.signal = this.#left
  }

  /** Undefined where nobody can have it: they ask for themselves. Never rejects. */
  get landed(): Promise<Landed | undefined> {
    if (this.#over) return Promise.resolve(this.#over.landed)
    this.#landing ??= Promise.withResolvers()
    return this.#landing.promise
  }

  /** False where it is full, or nobody waits for it any more. */
  join(): boolean {
    if (this.#aboard === 0 || this.#aboard > this.#seats) return false
    this.#aboard++
    return true
  }

  leave(): void {
    if (--this.#aboard === 0) this.#left.abort()
  }

  /** The first time counts. */
  land(landed: Landed | undefined): void {
    if (this.#over) return
    this.#over = { landed }
    this.#landing?.resolve(landed)
  }
}

/** No AbortSignal: to make one, and to listen to it twice, is 4 us a call. */
class LeftSignal implements CallerSignal {
  aborted = false
  #listeners: readonly (() => void)[] = []

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners = [...this.#listeners, listener]
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener)
  }

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    // One may take the next away.
    for (const listener of this.#listeners) if (this.#listeners.includes(listener)) listener()
    this.#listeners = []
  }
}
