import type { Moments, RateCounts, SecondMoments } from './evidence.ts'

// Accumulators that merge: whatever the order of adding and merging, the same numbers come out (but for rounding).
// Sources: Welford 1962 for one value, Chan, Golub and LeVeque 1983 for merging, the same for the co-moment.

export const emptyMoments: Moments = { n: 0, mean: 0, m2: 0 }
export const emptyPairs: Moments & { readonly second: SecondMoments } = {
  n: 0,
  mean: 0,
  m2: 0,
  second: { mean: 0, m2: 0, co: 0 },
}

/** Moments with one unit's value y added. Throws RangeError on values that aren't finite: they would spoil all that follows. */
export function addValue(moments: Moments, y: number): Moments {
  requireFinite(y)
  return mergeMoments(moments, { n: 1, mean: y, m2: 0 })
}

/** Moments with one unit's pair added: y and its covariate or denominator x. */
export function addPair<M extends Moments & { readonly second: SecondMoments }>(moments: M, y: number, x: number) {
  requireFinite(y)
  requireFinite(x)
  return mergePairs(moments, { n: 1, mean: y, m2: 0, second: { mean: x, m2: 0, co: 0 } })
}

/** Both together. The second values stay only where both sides have them (an empty side says nothing about it). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b
  if (b.n === 0) return a
  if (a.second !== undefined && b.second !== undefined) {
    return mergePairs({ ...a, second: a.second }, { ...b, second: b.second })
  }
  return mergeFirst(a, b)
}

export function mergePairs(
  a: Moments & { readonly second: SecondMoments },
  b: Moments & { readonly second: SecondMoments },
): Moments & { readonly second: SecondMoments } {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const n = a.n + b.n
  const weight = (a.n * b.n) / n
  const step = b.second.mean - a.second.mean
  return {
    ...mergeFirst(a, b),
    second: {
      mean: a.second.mean + (step * b.n) / n,
      m2: a.second.m2 + b.second.m2 + step * step * weight,
      co: a.second.co + b.second.co + step * (b.mean - a.mean) * weight,
    },
  }
}

function mergeFirst(a: Moments, b: Moments): Moments {
  const n = a.n + b.n
  const step = b.mean - a.mean
  return { n, mean: a.mean + (step * b.n) / n, m2: a.m2 + b.m2 + (step * step * a.n * b.n) / n }
}

export const mergeRates = (a: RateCounts, b: RateCounts): RateCounts => ({ n: a.n + b.n, hits: a.hits + b.hits })

/** The unbiased variance of one value; NaN below two units. */
export const varianceOf = (moments: { n: number; m2: number }): number =>
  moments.n < 2 ? Number.NaN : moments.m2 / (moments.n - 1)

function requireFinite(value: number): void {
  if (!Number.isFinite(value)) throw new RangeError('an accumulator takes finite numbers only')
}
