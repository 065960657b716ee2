const baseMs = 250
const capMs = 8000
/** Nobody waits longer than this without being told: the error goes to the caller instead. */
const waitMsMax = 60_000

/**
 * How long to wait before attempt `attempt + 1` (the first is 0), in ms: what the gateway asks for, plus full jitter over
 * 250 ms · 2^attempt, at most 8 s, so that clients turned away together do not come back together. Undefined when the wait
 * would reach the end of the time limit, or a minute.
 */
export function backOffMs(
  attempt: number,
  { retryAfterMs = 0, remainingMs, random }: { retryAfterMs?: number; remainingMs: number; random: () => number },
): number | undefined {
  const waitMs = retryAfterMs + random() * Math.min(capMs, baseMs * 2 ** attempt)
  return waitMs < Math.min(remainingMs, waitMsMax) ? waitMs : undefined
}
