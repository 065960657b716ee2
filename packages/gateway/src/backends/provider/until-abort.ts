import type { AttemptSignal } from '../../kernel/attempt-signal.ts'

/** As `work`, but no longer than until the signal aborts: some of the packages' waiting (for a Google token) knows no signal. */
export async function untilAbort<Result>(work: PromiseLike<Result>, signal: AttemptSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    // Whichever of the two lost: nobody waits for it any more.
    Promise.resolve(work).catch(() => undefined)
    aborted.promise.catch(() => undefined)
  }
}
