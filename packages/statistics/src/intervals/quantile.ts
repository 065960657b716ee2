import type { CountedValues } from '../evidence.ts'
import { betaMixture, leastCount, lnBetaMixture } from './beta-binomial.ts'
import { cellReaching, cellsOf } from './counted.ts'
import { everything, type Interval } from './interval.ts'

// Quantiles (latency), exactly and at any time. Source: Howard and Ramdas 2022, "Sequential estimation of quantiles with
// applications to A/B testing and best-arm identification" (Theorem 5 for two arms); confseq's QuantileABTest.
//
// What is assumed: the values of an arm are independent draws of one distribution. The calls of one unit are alike (the same
// prompts, the same region), so counting *calls* makes the interval too narrow where units call often. The sound way is one
// latency per unit: its first call's, or the median of its calls at the end of its attribution window. Counting calls is right where
// the unit is the call, and tolerable where units call a few times.
//
// Ties and buckets: where a value x lies in a bucket or on a tie, the number of values below the quantile is known only to lie
// between those surely below x and those possibly up to x. Breaking ties by chance would give an exact count between them, so
// the least of the (convex) mixture over that range claims no more than is known: the histogram costs width, never validity.

export interface QuantileOptions {
  readonly alpha: number
  /** The number of values at which the interval is narrowest (t_opt), per arm. */
  readonly expectedValues: number
}

/** The confidence sequence of one arm's p-quantile, 0 < p < 1, by order statistics; at the outer edges of buckets. */
export function quantileInterval(
  values: CountedValues,
  p: number,
  { alpha, expectedValues }: QuantileOptions,
): Interval {
  const cells = cellsOf(values)
  const { n } = cells
  if (n === 0) return everything
  const mixture = betaMixture(p, expectedValues, alpha)
  const limit = -Math.log(alpha)
  const keeps = (k: number) => lnBetaMixture(mixture, k, n) < limit
  const centre = Math.min(n, Math.max(0, leastCount(p, n)))
  const least = keeps(0) ? 0 : edgeOf(keeps, centre, 0)
  const most = keeps(n) ? n : edgeOf(keeps, centre, n)
  return {
    lower:
      least === 0 ? Number.NEGATIVE_INFINITY : (cells.lows[cellReaching(cells, least)] ?? Number.NEGATIVE_INFINITY),
    upper: most === n ? Number.POSITIVE_INFINITY : (cells.highs[cellReaching(cells, most)] ?? Number.POSITIVE_INFINITY),
  }
}

function edgeOf(keeps: (k: number) => boolean, inside: number, outside: number): number {
  let [kept, refused] = [inside, outside]
  for (let i = 0; i < 60; i++) {
    const middle = (kept + refused) / 2
    if (keeps(middle)) kept = middle
    else refused = middle
  }
  return refused
}
