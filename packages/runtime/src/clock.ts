/** Time as the runtime's parts see it, so that tests can make it pass. */
export interface Clock {
  /** Milliseconds, on performance.now()'s scale. */
  now(): number
  /** Runs the job once after so many milliseconds, unless the function returned is called before. */
  after(ms: number, job: () => void): () => void
}

// setTimeout takes a longer one for 1 ms.
const TIMER_MS_MAX = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, job) {
    const timer = setTimeout(job, Math.min(ms, TIMER_MS_MAX))
    return () => clearTimeout(timer)
  },
}

/** Whether it settles that soon. Rejects if it does with a rejection. */
export async function settlesWithin(work: PromiseLike<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, ms, false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
