import type { Moments, SecondMoments } from '../evidence.ts'
import { varianceOf } from '../moments.ts'

/** One arm's estimate: `value` in the metric's unit, `variance` of one unit's contribution to it; value's squared error is variance / n. */
export interface Estimate {
  readonly n: number
  readonly value: number
  readonly variance: number
}

/** A mean over units. Variance NaN below two units. */
export const meanEstimate = (moments: Moments): Estimate => ({
  n: moments.n,
  value: moments.mean,
  variance: varianceOf(moments),
})

/**
 * A ratio of sums over units, R = sum y / sum x (tokens per call, clicks per view), its variance linearised:
 * that of (y - R x) / mean x. Source: Deng, Knoblich and Lu 2018, "Applying the delta method in metric analytics".
 * NaN where the denominators' mean is not positive. Its limit theorem needs denominators of one order of magnitude: a unit that holds most of
 * their sum pulls R onto itself, which leaves it no residual, and the error comes out far too small.
 */
export function ratioEstimate(moments: Moments & { readonly second: SecondMoments }): Estimate {
  const { n, mean, m2, second } = moments
  if (!(second.mean > 0)) return { n, value: Number.NaN, variance: Number.NaN }
  const ratio = mean / second.mean
  const spread = m2 - 2 * ratio * second.co + ratio * ratio * second.m2
  return { n, value: ratio, variance: varianceOf({ n, m2: Math.max(0, spread) }) / second.mean ** 2 }
}

export interface EstimatePair {
  readonly control: Estimate
  readonly candidate: Estimate
}

/**
 * CUPED: both arms' means of y - theta (x - mean x), theta = cov / var pooled within the arms, mean x over both arms.
 * x must be from before the assignment: else it removes part of the effect. The variance falls by the squared correlation.
 * theta is estimated from the same units; as it converges, the sequence stays valid in the asymptotic sense in which it holds
 * without it. Source: Deng, Xu, Kohavi and Walker 2013.
 */
export function cupedEstimates(control: Moments, candidate: Moments): EstimatePair & { readonly theta: number } {
  const plain = { control: meanEstimate(control), candidate: meanEstimate(candidate), theta: 0 }
  const [a, b] = [control.second, candidate.second]
  if (a === undefined || b === undefined) return plain
  const spread = a.m2 + b.m2
  if (!(spread > 0)) return plain
  const theta = (a.co + b.co) / spread
  const centre = (control.n * a.mean + candidate.n * b.mean) / (control.n + candidate.n)
  const adjusted = (moments: Moments, x: SecondMoments): Estimate => {
    const m2 = moments.m2 - 2 * theta * x.co + theta * theta * x.m2
    const variance = varianceOf({ n: moments.n, m2: Math.max(0, m2) })
    return { n: moments.n, value: moments.mean - theta * (x.mean - centre), variance }
  }
  return { control: adjusted(control, a), candidate: adjusted(candidate, b), theta }
}
