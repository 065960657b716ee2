/**
 * Latencies as counts per logarithmic bucket. Histograms add up without loss, so that minutes, versions and gateways can be
 * merged in any order. A bucket's upper bound is 1.1 times the one below: a quantile read from it is never below the exact
 * one and at most 10 % above it (kernel/store.ts promises 12 %). The first bucket takes all up to 0.01 ms, which nobody needs
 * resolved, the last one all above four days.
 */
export type LatencyHistogram = Float64Array

const bucketCount = 256
const lowestMs = 0.01
const growth = 1.1
const perLog = 1 / Math.log(growth)

export function emptyHistogram(): LatencyHistogram {
  return new Float64Array(bucketCount)
}

export function addLatency(histogram: LatencyHistogram, latencyMs: number): void {
  addCount(histogram, bucketOf(latencyMs), 1)
}

/** The upper bound, in ms, of the bucket that holds the nearest-rank quantile, in (0, 1]; 0 when nothing was counted. */
export function latencyQuantile(histogram: LatencyHistogram, quantile: number): number {
  const total = histogram.reduce((sum, count) => sum + count, 0)
  if (total === 0) return 0
  let left = Math.ceil(quantile * total)
  const bucket = histogram.findIndex((count) => {
    left -= count
    return left <= 0
  })
  return lowestMs * growth ** bucket
}

/** `[bucket, count, bucket, count, …]` as JSON, without empty buckets: a few dozen bytes for a minute of one model. */
export function encodeHistogram(histogram: LatencyHistogram): string {
  const flat: number[] = []
  for (const [bucket, count] of histogram.entries()) if (count > 0) flat.push(bucket, count)
  return JSON.stringify(flat)
}

/** Adds an encoded histogram to `histogram` and returns that. */
export function mergeEncoded(histogram: LatencyHistogram, encoded: string): LatencyHistogram {
  const flat: readonly number[] = JSON.parse(encoded)
  for (let i = 0; i < flat.length; i += 2) addCount(histogram, flat[i] ?? 0, flat[i + 1] ?? 0)
  return histogram
}

function addCount(histogram: LatencyHistogram, bucket: number, count: number): void {
  histogram[bucket] = (histogram[bucket] ?? 0) + count
}

function bucketOf(latencyMs: number): number {
  if (!(latencyMs > lowestMs)) return 0
  return Math.min(Math.ceil(Math.log(latencyMs / lowestMs) * perLog), bucketCount - 1)
}
