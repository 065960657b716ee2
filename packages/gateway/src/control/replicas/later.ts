/** Runs once after `ms`, unless the function that it gives is called before. Injected, so that tests hold time in their hand. */
export type Later = (ms: number, run: () => void) => () => void

/** Real time; what waits does not keep the process alive. */
export const later: Later = (ms, run) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Gives `work` a signal that aborts after `ms`, and rejects then whether or not it heeds the signal. */
export async function within<T>(ms: number, wait: Later, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  const cancel = wait(ms, () => {
    const error = new Error(`did not answer within ${ms / 1000} s`)
    controller.abort(error)
    expired.reject(error)
  })
  try {
    return await Promise.race([work(controller.signal), expired.promise])
  } finally {
    cancel()
  }
}
