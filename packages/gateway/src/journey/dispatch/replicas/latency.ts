/** Moving average of what an attempt takes; samples count less the older they are. */
export interface Latency {
  ms: number | undefined
  samples: number
  /** Of the last sample, monotonic ms. */
  at: number
  /**
   * ln(ms) + at / 10 s. What is believed fades by e every 10 s without a sample, so that a replica that was slow once is tried
   * again; of two faded ones the ratio is e to the difference of these, whatever the time: a choice costs no exponential.
   */
  rank: number | undefined
}

const decayMs = 10_000

export function noLatency(): Latency {
  return { ms: undefined, samples: 0, at: 0, rank: undefined }
}

/**
 * ewma = ewma · e^(-t/10 s) + sample · (1 - e^(-t/10 s)), t the time since the sample before, as in Finagle's Peak EWMA; at first
 * the plain mean, so that a cold start does not stand for ten seconds.
 */
export function observe(latency: Latency, ms: number, now: number): void {
  const weight = Math.max(1 - Math.exp((latency.at - now) / decayMs), 1 / ++latency.samples)
  const average = latency.ms === undefined ? ms : latency.ms + (ms - latency.ms) * weight
  latency.ms = average
  latency.at = now
  latency.rank = Math.log(average) + now / decayMs
}
