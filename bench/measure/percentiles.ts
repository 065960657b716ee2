/**
 * Nearest-rank percentile: the least sample that at least `percent` of all are at or below. `sorted` ascends and is not
 * empty; a percentile is always a sample that occurred, never a mean of two.
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  // 99.9 / 100 * 1000 is 999.0000000000001 in floating point: without the tolerance the rank would be one too high.
  const rank = Math.ceil((percent / 100) * sorted.length - 1e-9)
  const found = sorted[Math.max(rank, 1) - 1]
  if (found === undefined) throw new RangeError('a percentile needs samples')
  return found
}

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median of the rounds with the least and the greatest: the middle one, or the mean of the middle two. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = Float64Array.from(samples).sort()
  const middle = sorted.length >> 1
  const upper = percentile(sorted, (100 * (middle + 1)) / sorted.length)
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
  return { median, min: sorted[0] ?? median, max: sorted.at(-1) ?? median }
}
