/** Time as the client uses it; tests hand in their own. */
export interface Clock {
  /** Monotonic, ms. */
  now(): number
  /** Runs once after so many ms; returns how to call it off. */
  timer(ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  timer(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
