/**
 * When the requests of a constant rate are due. A request's latency counts from here, not from when it was sent: a server
 * that stalls would else be asked less while it stalls, and the stall would be counted once instead of for every request
 * that was due ("coordinated omission").
 */
export interface Schedule {
  readonly count: number
  /** ms from the start of the load at which request n (from 0) is due. */
  dueMs(n: number): number
  /** How many requests are due at `elapsedMs`. */
  dueBy(elapsedMs: number): number
}

/** `rate` requests a second for `seconds`; at least one. */
export function constantRate(rate: number, seconds: number): Schedule {
  const count = Math.max(1, Math.round(rate * seconds))
  const dueMs = (n: number) => (n * 1000) / rate
  return {
    count,
    dueMs,
    dueBy(elapsedMs) {
      if (elapsedMs < 0) return 0
      const guess = Math.min(count, Math.floor((elapsedMs * rate) / 1000) + 1)
      // Floating point: the guess may be one off from what dueMs says.
      if (guess < count && dueMs(guess) <= elapsedMs) return guess + 1
      return dueMs(guess - 1) <= elapsedMs ? guess : guess - 1
    },
  }
}
