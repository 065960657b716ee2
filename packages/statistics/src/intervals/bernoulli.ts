import { betaMixture, lnBetaMixture } from './beta-binomial.ts'
import type { Interval } from './interval.ts'

export interface ExactOptions {
  readonly alpha: number
  /** The number of values at which the interval is narrowest (t_opt). */
  readonly expectedValues: number
}

/**
 * The exact confidence sequence of a Bernoulli probability after `hits` of `n`, for any n however small: all p that the beta-binomial
 * mixture does not refuse. [0, 1] for n = 0. Source: as in beta-binomial.ts; confseq's bernoulli_confidence_interval.
 */
export function bernoulliInterval(hits: number, n: number, { alpha, expectedValues }: ExactOptions): Interval {
  if (n === 0) return { lower: 0, upper: 1 }
  const limit = -Math.log(alpha)
  const keeps = (p: number) => lnBetaMixture(betaMixture(p, expectedValues, alpha), hits, n) < limit
  const estimate = hits / n
  return {
    lower: hits === 0 ? 0 : edge(keeps, estimate, 0),
    upper: hits === n ? 1 : edge(keeps, estimate, 1),
  }
}

/** Where `keeps` ends on the way from `inside` (never asked itself, nor is `outside`) to `outside`, by bisection. */
function edge(keeps: (p: number) => boolean, inside: number, outside: number): number {
  let [kept, refused] = [inside, outside]
  for (let i = 0; i < 60; i++) {
    const middle = (kept + refused) / 2
    if (keeps(middle)) kept = middle
    else refused = middle
  }
  return refused
}
