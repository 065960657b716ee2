import { AstraError } from '../../kernel/errors.ts'

/** One signal for both reasons to stop: the caller left, or the time limit ran out. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Stops the clock and forgets the caller's signal. */
  clear(): void
}

/** `AbortSignal.any` would do, at about four times the cost per call and with a listener that stays until collected. */
export function startDeadline(caller: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController()
  const leave = () => controller.abort(new AstraError('cancelled'))
  const timer = setTimeout(
    () => controller.abort(new AstraError('timeout', { detail: `The time limit of ${timeoutMs} ms ran out` })),
    timeoutMs,
  )
  if (caller.aborted) leave()
  else caller.addEventListener('abort', leave, { once: true })
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer)
      caller.removeEventListener('abort', leave)
    },
  }
}
