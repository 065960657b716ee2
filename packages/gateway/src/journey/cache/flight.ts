import type { CallerSignal } from '../../kernel/call.ts'
import type { Link } from '../../kernel/chain.ts'
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
  /** Its place among those in flight. */
  link: Link<Flight> | undefined
  /** Until what was asked for was purged. */
  mayKeep = true
  /** Aborts when the last of them has left. */
  readonly signal: CallerSignal
  readonly #left = new LeftSignal()
  readonly #seats: number
  readonly #ended: (flight: Flight) => void
  /** Of the few that others join. */
  #landing: PromiseWithResolvers<Landed | undefined> | undefined
  #landed: Landed | undefined
  #hasLanded = false
  /** The first of them. */
  #aboard = 1

  /** `ended`: nobody may join it, or has to know of it, from then on. It may be told so more than once. */
  constructor(key: string, seats: number, ended: (flight: Flight) => void) {
    this.key = key
    this.#seats = seats
    this.#ended = ended
    this.signal = this.#left
  }

  /** Undefined where nobody can have it: they ask for themselves. Never rejects. */
  get landed(): Promise<Landed | undefined> {
    if (this.#hasLanded) return Promise.resolve(this.#landed)
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
    if (--this.#aboard !== 0) return
    // Of a stream that all left between two events nothing more is asked, which would tell that it is over.
    this.over()
    this.#left.abort()
  }

  over(): void {
    this.#ended(this)
    this.land(undefined)
  }

  /** The first time counts. */
  land(landed: Landed | undefined): void {
    if (this.#hasLanded) return
    this.#hasLanded = true
    this.#landed = landed
    this.#landing?.resolve(landed)
  }
}

/** No AbortSignal: to make one, and to listen to it twice, is 4 us a call. */
class LeftSignal implements CallerSignal {
  aborted = false
  #listeners: readonly (() => void)[] = nobody

  addEventListener(_: 'abort', listener: () => void): void {
    if (this.aborted) return
    this.#listeners = this.#listeners === nobody ? [listener] : [...this.#listeners, listener]
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const left = this.#listeners.filter((one) => one !== listener)
    this.#listeners = left.length > 0 ? left : nobody
  }

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    // One may take the next away.
    for (const listener of this.#listeners) if (this.#listeners.includes(listener)) listener()
    this.#listeners = nobody
  }
}

const nobody: readonly (() => void)[] = []
