import type { MetricDefinition, Plan } from '../evidence.ts'
import { cellsOf, mergeCells } from '../intervals/counted.ts'
import { pOfLnE } from '../intervals/normal-mixture.ts'
import { noShift } from '../intervals/quantile-arms.ts'
import {
  lnEOfStrata,
  type QuantileStratum,
  quantileEffect,
  quantileEffectEstimate,
  quantileOfArm,
} from '../intervals/quantile-effect.ts'
import { type Found, finiteOrNull, nothing, type Pair, scaleOf } from './found.ts'
import { guardrailOfQuantile, unknownGuardrail } from './guardrail.ts'

export function ofQuantile(metric: MetricDefinition, pairs: readonly Pair[], plan: Plan, alpha: number): Found {
  const { quantile } = metric
  if (quantile === undefined || !(quantile > 0 && quantile < 1)) {
    throw new RangeError(`metric "${metric.name}" needs a quantile between 0 and 1`)
  }
  const strata = strataOf(pairs)
  if (strata.length === 0) return nothing(metric)
  const scale = scaleOf(metric)
  const units = { control: valuesIn(strata, 'control'), candidate: valuesIn(strata, 'candidate') }
  const expectedValues = plan.expectedUnits / 2
  // Exact for any number, if each value is a unit's own; the floor keeps a few units from deciding.
  const mayDecide = Math.min(units.control, units.candidate) >= plan.minimalUnits
  return {
    units,
    control: finiteOrNull(quantileOfArm(strata, 'control', quantile, scale)),
    candidate: finiteOrNull(quantileOfArm(strata, 'candidate', quantile, scale)),
    estimate: finiteOrNull(quantileEffectEstimate(strata, quantile, scale)),
    interval: quantileEffect(strata, quantile, scale, { alpha, expectedValues }),
    p: pOfLnE(lnEOfStrata(strata, quantile, expectedValues, noShift)),
    mayDecide,
    guardrail: mayDecide ? guardrailOfQuantile(metric, quantile, strata, plan) : unknownGuardrail(metric),
  }
}

const valuesIn = (strata: readonly QuantileStratum[], arm: 'control' | 'candidate'): number =>
  strata.reduce((sum, stratum) => sum + stratum[arm].n, 0)

/**
 * Epochs with one split between the two arms form one stratum: whatever the traffic did, it did to both arms in proportion.
 * Epochs with other splits are apart, and their e-values multiply.
 */
function strataOf(pairs: readonly Pair[]): QuantileStratum[] {
  const bySplit = new Map<string, QuantileStratum>()
  for (const { split, control, candidate } of pairs) {
    if (control.type !== 'quantile' || candidate.type !== 'quantile') continue
    const here = { control: cellsOf(control.values), candidate: cellsOf(candidate.values) }
    const key = split.toFixed(9)
    const before = bySplit.get(key)
    bySplit.set(
      key,
      before === undefined
        ? here
        : {
            control: mergeCells(before.control, here.control),
            candidate: mergeCells(before.candidate, here.candidate),
          },
    )
  }
  return [...bySplit.values()].filter(({ control, candidate }) => control.n > 0 && candidate.n > 0)
}
