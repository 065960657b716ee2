import { AstraError } from '../../kernel/errors.ts'
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
  /** Undefined where nobody can have it: they ask for themselves. Never rejects. */
  readonly landed: Promise<Landed | undefined>
  /** Until what was asked for was purged. */
  mayKeep = true
  readonly #controller = new AbortController()
  readonly #land: (landed: Landed | undefined) => void
  /** The first of them. */
  #aboard = 1
  #seats: number

  constructor(key: string, seats: number) {
    this.key = key
    this.#seats = seats
    const { promise, resolve } = Promise.withResolvers<Landed | undefined>()
    this.landed = promise
    this.#land = resolve
  }

  /** Aborts when the last of them has left. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** False where it is full, or nobody waits for it any more. */
  join(): boolean {
    if (this.#aboard === 0 || this.#aboard > this.#seats) return false
    this.#aboard++
    return true
  }

  leave(): void {
    if (--this.#aboard === 0) this.#controller.abort(new AstraError('cancelled'))
  }

  land(landed: Landed | undefined): void {
    this.#land(landed)
  }
}
