import type { Accumulator, RateCounts } from '../evidence.ts'
import type { Pair } from './found.ts'

/**
 * Shares of which every unit so far is either 0 or 1 (one call each, or none failed) are a rate, and are compared as one: the error of a
 * rate is that of the hypothesis, where the samples' own is 0 as long as nothing failed, which would "show" no difference at once.
 */
export function asRates(pairs: readonly Pair[]): readonly Pair[] {
  const rates: Pair[] = []
  for (const { split, control, candidate } of pairs) {
    const [a, b] = [countsOf(control), countsOf(candidate)]
    if (a === undefined || b === undefined) return pairs
    rates.push({ split, control: { type: 'rate', counts: a }, candidate: { type: 'rate', counts: b } })
  }
  return rates
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-6

/** Of values in [0, 1] the squares sum up to the values just where all are 0 or 1; undefined where they are not. */
export function countsOf(accumulator: Accumulator): RateCounts | undefined {
  if (accumulator.type === 'rate') return accumulator.counts
  if (accumulator.type === 'quantile') return undefined
  const { n, mean, m2, second } = accumulator.moments
  const hits = n * mean
  // A ratio's denominators are 1 each; where nothing was hit they don't matter. A mean's covariate would be lost.
  if (
    second !== undefined &&
    (accumulator.type === 'mean' || !(near(hits, 0) || (near(second.mean, 1) && near(second.m2, 0))))
  ) {
    return undefined
  }
  return near(m2 + n * mean * mean, hits) ? { n, hits: Math.round(hits) } : undefined
}
