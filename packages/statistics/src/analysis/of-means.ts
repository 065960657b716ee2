import type { MetricDefinition, Plan } from '../evidence.ts'
import { type Comparison, comparisonOf, comparisonOfRates, seenIn } from '../intervals/comparison.ts'
import { contrast, differenceInterval, liftInterval, lnEAgainst } from '../intervals/contrast.ts'
import { cupedEstimates, ratioEstimate } from '../intervals/estimate.ts'
import { pOfLnE } from '../intervals/normal-mixture.ts'
import { asRates } from './as-rates.ts'
import { type Found, finiteOrNull, nothing, type Pair, scaleOf } from './found.ts'
import { guardrailOfMeans } from './guardrail.ts'

/** Means, rates and ratios. */
export function ofMeans(metric: MetricDefinition, pairs: readonly Pair[], plan: Plan, alpha: number): Found {
  const comparison = compare(metric.share === true ? asRates(pairs) : pairs)
  const seen = seenIn(comparison)
  if (seen === undefined) return nothing(metric)
  const options = { alpha, expectedUnits: plan.expectedUnits }
  const relative = scaleOf(metric) === 'relative'
  const lift = seen.control.value > 0 ? seen.candidate.value / seen.control.value - 1 : Number.NaN
  return {
    units: { control: seen.control.units, candidate: seen.candidate.units },
    control: seen.control.value,
    candidate: seen.candidate.value,
    estimate: finiteOrNull(relative ? lift : contrast(seen).estimate),
    interval: relative ? liftInterval(comparison, options) : differenceInterval(comparison, options),
    p: pOfLnE(lnEAgainst(comparison, options)),
    mayDecide: seen.unitsOfSmallerArm >= plan.minimalUnits,
    guardrail: guardrailOfMeans(metric, comparison, plan),
  }
}

/** All pairs are of one type, that of the metric. */
function compare(pairs: readonly Pair[]): Comparison {
  const rates = pairs.flatMap(({ control, candidate }) =>
    control.type === 'rate' && candidate.type === 'rate'
      ? [{ control: control.counts, candidate: candidate.counts }]
      : [],
  )
  if (rates.length > 0) return comparisonOfRates(rates)
  return comparisonOf(
    pairs.flatMap(({ control, candidate }) => {
      if (control.type === 'mean' && candidate.type === 'mean') {
        return [cupedEstimates(control.moments, candidate.moments)]
      }
      if (control.type === 'ratio' && candidate.type === 'ratio') {
        return [{ control: ratioEstimate(control.moments), candidate: ratioEstimate(candidate.moments) }]
      }
      return []
    }),
  )
}
