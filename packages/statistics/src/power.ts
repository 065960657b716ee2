import { priorUnits, radius } from './intervals/normal-mixture.ts'
import { normalQuantile } from './special/normal.ts'

/** One unit's variance in both arms; see {@link rateVariances}. */
export interface Variances {
  readonly control: number
  readonly candidate: number
}

export const rateVariances = (control: number, candidate: number): Variances => ({
  control: control * (1 - control),
  candidate: candidate * (1 - candidate),
})

export interface PowerOptions {
  /** After multiplicity, i.e. alphaPerMetric. */
  readonly alpha: number
  /** N* of the plan. */
  readonly expectedUnits: number
  /** The chance of a decision by then: 0.5 (even odds) or 0.8 are usual. */
  readonly chance: number
  /** The candidate's share of the enrolled units; 0.5 by default. */
  readonly candidateShare?: number
}

/**
 * The effect (candidate - control, in the metric's unit) that is found with `chance` after `units` (both arms):
 * standard error x (radius + quantile of the chance), i.e. P(|z| > m(n)) at that one n. A sequence may also have decided
 * before, so the true chance is a little higher; `npm run verify` prints both.
 */
export function effectFound(units: number, variances: Variances, options: PowerOptions): number {
  const share = options.candidateShare ?? 0.5
  const standardError = Math.sqrt(variances.control / (units * (1 - share)) + variances.candidate / (units * share))
  const clock = 4 * units * share * (1 - share)
  const g = priorUnits(options.expectedUnits, options.alpha)
  return standardError * (radius(clock, g, options.alpha) + normalQuantile(options.chance))
}

/**
 * The units (both arms) after which an effect of that size is found with `chance`, the inverse of {@link effectFound}; Infinity
 * for no effect, or beyond 1e15. E.g. 0.97 against 0.99 at N* = 5000: about 1,900 at even odds.
 */
export function unitsForDecision(effect: number, variances: Variances, options: PowerOptions): number {
  const finds = (units: number) => effectFound(units, variances, options) <= Math.abs(effect)
  let high = 4
  while (!finds(high)) {
    high *= 2
    if (high > 1e15) return Number.POSITIVE_INFINITY
  }
  let low = high / 2
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (finds(middle)) high = middle
    else low = middle
  }
  return high
}
