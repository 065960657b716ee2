import { type Cells, quantileOf } from './counted.ts'
import { everything, type Interval } from './interval.ts'
import type { QuantileOptions } from './quantile.ts'
import { lnEOfQuantiles, type Shift } from './quantile-arms.ts'

export interface QuantileStratum {
  readonly control: Cells
  readonly candidate: Cells
}

/** ln e over several strata (epochs with different splits): their e-values multiply. */
export const lnEOfStrata = (
  strata: readonly QuantileStratum[],
  p: number,
  expectedValues: number,
  shift: Shift,
): number =>
  strata.reduce((sum, { control, candidate }) => sum + lnEOfQuantiles(control, candidate, p, expectedValues, shift), 0)

/**
 * The confidence sequence of the effect on the p-quantile: all factors (`relative`: lower and upper are candidate / control - 1) or
 * differences (`absolute`) whose e-value stays below 1/alpha, by bisection. Either end alone is one-sided at the same alpha.
 * `relative` needs positive values. Bisection begins at the estimate, so that this is always within.
 */
export function quantileEffect(
  strata: readonly QuantileStratum[],
  p: number,
  scale: 'absolute' | 'relative',
  { alpha, expectedValues }: QuantileOptions,
): Interval {
  const usable = strata.filter(({ control, candidate }) => control.n > 0 && candidate.n > 0)
  const centre = effectCentre(usable, p, scale)
  if (centre === undefined) return everything
  const limit = -Math.log(alpha)
  const shiftBy = (step: number): Shift =>
    scale === 'relative' ? { factor: Math.exp(step), plus: 0 } : { factor: 1, plus: step }
  const keeps = (step: number) => lnEOfStrata(usable, p, expectedValues, shiftBy(step)) < limit
  const told = (step: number) => (scale === 'relative' ? Math.expm1(step) : step)
  const unit = scale === 'relative' ? 0.01 : Math.max(1e-9, spreadOf(usable, p) / 100)
  return { lower: told(outward(keeps, centre, -unit)), upper: told(outward(keeps, centre, unit)) }
}

/** From `centre` outward in doubling steps to the first refused one, then bisection; unbounded if none is refused on the way. */
function outward(keeps: (step: number) => boolean, centre: number, first: number): number {
  let kept = centre
  let refused = centre + first
  for (let i = 0; keeps(refused); i++) {
    if (i === 12) return first * Number.POSITIVE_INFINITY
    kept = refused
    refused = centre + first * 2 ** (i + 1)
  }
  while (Math.abs(refused - kept) > Math.abs(first) / 100) {
    const middle = (kept + refused) / 2
    if (keeps(middle)) kept = middle
    else refused = middle
  }
  return refused
}

function effectCentre(
  strata: readonly QuantileStratum[],
  p: number,
  scale: 'absolute' | 'relative',
): number | undefined {
  const { from } = scales[scale]
  const centre = weightedOver(
    strata,
    ({ control, candidate }) => from(quantileOf(candidate, p)) - from(quantileOf(control, p)),
  )
  return Number.isFinite(centre) ? centre : undefined
}

/** On which effects are differences: factors are differences of logarithms, which only positive values have. */
const scales = {
  absolute: { from: (value: number) => value, to: (value: number) => value },
  relative: { from: Math.log, to: Math.exp },
} as const

/** With the weights nA nB / (nA + nB), as epochs are combined everywhere; NaN without strata. */
function weightedOver(strata: readonly QuantileStratum[], of: (stratum: QuantileStratum) => number): number {
  let [sum, weights] = [0, 0]
  for (const stratum of strata) {
    const { control, candidate } = stratum
    const weight = (control.n * candidate.n) / (control.n + candidate.n)
    sum += weight * of(stratum)
    weights += weight
  }
  return sum / weights
}

/** An arm's own quantile, its strata weighted as the effect is, so that the two arms' values differ by the estimate. */
export function quantileOfArm(
  strata: readonly QuantileStratum[],
  arm: 'control' | 'candidate',
  p: number,
  scale: 'absolute' | 'relative',
): number {
  const [only, ...others] = strata
  if (only && others.length === 0) return quantileOf(only[arm], p)
  const { from, to } = scales[scale]
  return to(weightedOver(strata, (stratum) => from(quantileOf(stratum[arm], p))))
}

const spreadOf = (strata: readonly QuantileStratum[], p: number): number =>
  Math.max(...strata.flatMap(({ control, candidate }) => [control, candidate]).map((c) => Math.abs(quantileOf(c, p))))

/** The same as a number: candidate / control - 1 or candidate - control. NaN where it can't be said. */
export function quantileEffectEstimate(
  strata: readonly QuantileStratum[],
  p: number,
  scale: 'absolute' | 'relative',
): number {
  const centre = effectCentre(
    strata.filter(({ control, candidate }) => control.n > 0 && candidate.n > 0),
    p,
    scale,
  )
  if (centre === undefined) return Number.NaN
  return scale === 'relative' ? Math.expm1(centre) : centre
}
