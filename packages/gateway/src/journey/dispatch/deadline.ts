import type { CallerSignal } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'
import { OwnSignal } from './own-signal.ts'

/** One limit over all attempts of a call, for both reasons to stop: the caller left, or the time limit ran out. */
export interface Deadline {
  /**
   * Of a new attempt: aborts when the limit is reached, and can be aborted alone, without ending the call. `beside`: the one before
   * it goes on.
   */
  attempt(beside?: boolean): OwnSignal
  /** The answer has begun: whoever passes it on says from now on when the caller has left. */
  begun(): void
  /** One at most; after the attempts have been told. */
  onReached(listener: (error: AstraError) => void): void
  /** Stops the clock and forgets the caller's signal. */
  clear(): void
}

/**
 * Attempts follow one another, and at most two run side by side, so their signals are all that there is to abort.
 *
 * `leftMs`: what of the limit is not over yet. `hurried`: the limit is the caller's own.
 */
export function startDeadline(caller: CallerSignal, timeoutMs: number, leftMs = timeoutMs, hurried = false): Deadline {
  return new CallDeadline(caller, timeoutMs, leftMs, hurried)
}

class CallDeadline implements Deadline {
  readonly #caller: CallerSignal
  readonly #timeoutMs: number
  readonly #hurried: boolean
  readonly #leave: () => void
  readonly #timer: NodeJS.Timeout
  #present: OwnSignal | undefined
  #other: OwnSignal | undefined
  #reached: AstraError | undefined
  #listener: ((error: AstraError) => void) | undefined

  constructor(caller: CallerSignal, timeoutMs: number, leftMs: number, hurried: boolean) {
    this.#caller = caller
    this.#timeoutMs = timeoutMs
    this.#hurried = hurried
    // Bound: of arrow functions here, which know their call, dead ones were kept until the next full collection, and calls with them.
    this.#leave = this.#left.bind(this)
    this.#timer = setTimeout(this.#timedOut.bind(this), leftMs)
    if (caller.aborted) this.#leave()
    else caller.addEventListener('abort', this.#leave, { once: true })
  }

  attempt(beside = false): OwnSignal {
    this.#other = beside ? this.#present : undefined
    const signal = new OwnSignal()
    this.#present = signal
    if (this.#reached) signal.abort(this.#reached)
    return signal
  }

  begun(): void {
    this.#caller.removeEventListener('abort', this.#leave)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#listener = undefined
    this.begun()
  }

  onReached(listener: (error: AstraError) => void): void {
    this.#listener = listener
  }

  #left(): void {
    this.#reach(new AstraError('cancelled'))
  }

  #timedOut(): void {
    const detail = `The time limit of ${this.#timeoutMs} ms ran out`
    this.#reach(new AstraError('timeout', { detail, hurried: this.#hurried }))
  }

  #reach(reason: AstraError): void {
    this.#reached ??= reason
    this.#present?.abort(this.#reached)
    this.#other?.abort(this.#reached)
    this.#listener?.(this.#reached)
  }
}
