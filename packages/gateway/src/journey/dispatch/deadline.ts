import type { CallerSignal } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'

/** One limit over all attempts of a call, for both reasons to stop: the caller left, or the time limit ran out. */
export interface Deadline {
  /**
   * Of a new attempt: aborts when the limit is reached, and can be aborted alone, without ending the call. `beside`: the one before
   * it goes on.
   */
  attempt(beside?: boolean): AbortController
  /** The answer has begun: whoever passes it on says from now on when the caller has left. */
  begun(): void
  /** Stops the clock and forgets the caller's signal. */
  clear(): void
}

/**
 * Attempts follow one another, and at most two run side by side, so their controllers are all that there is to abort: a call with
 * one attempt has one controller. `AbortSignal.any` would cost about four times as much per call, with a listener that stays until
 * collected.
 *
 * `waitedMs`: what of the limit was over before. `hurried`: the limit is the caller's own.
 */
export function startDeadline(caller: CallerSignal, timeoutMs: number, waitedMs = 0, hurried = false): Deadline {
  let present: AbortController | undefined
  let other: AbortController | undefined
  let reached: AstraError | undefined
  const reach = (reason: AstraError) => {
    reached ??= reason
    present?.abort(reached)
    other?.abort(reached)
  }
  const leave = () => reach(new AstraError('cancelled'))
  const forget = () => caller.removeEventListener('abort', leave)
  const timer = setTimeout(
    () => reach(new AstraError('timeout', { detail: `The time limit of ${timeoutMs} ms ran out`, hurried })),
    timeoutMs - waitedMs,
  )
  if (caller.aborted) leave()
  else caller.addEventListener('abort', leave, { once: true })
  return {
    attempt(beside = false) {
      other = beside ? present : undefined
      present = new AbortController()
      if (reached) present.abort(reached)
      return present
    },
    begun: forget,
    clear() {
      clearTimeout(timer)
      forget()
    },
  }
}
