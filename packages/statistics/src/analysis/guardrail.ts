import type { Margin, MetricDefinition, Plan } from '../evidence.ts'
import { type Comparison, seenIn } from '../intervals/comparison.ts'
import { isShownBeyond } from '../intervals/contrast.ts'
import { lnEOfStrata, type QuantileStratum, quantileEffectEstimate } from '../intervals/quantile-effect.ts'
import type { GuardrailResult } from './analysis.ts'

/** The page's defaults: half a point of a rate, 10 % of everything else. */
export const marginOf = ({ margin, type }: MetricDefinition): Margin =>
  margin ?? (type === 'rate' ? { absolute: 0.005 } : { relative: 0.1 })

export const unknownGuardrail = (metric: MetricDefinition): GuardrailResult => ({
  margin: marginOf(metric),
  harmful: false,
  safe: false,
})

/** The border of harm: candidate = factor x control + plus; `sign` 1 where harm lies above it. */
interface Border {
  readonly factor: number
  readonly plus: number
  readonly sign: 1 | -1
}

function borderOf(metric: MetricDefinition): Border {
  const margin = marginOf(metric)
  const sign = metric.optimise === 'min' ? 1 : -1
  if ('absolute' in margin) return { factor: 1, plus: sign * margin.absolute, sign }
  return { factor: 1 + sign * margin.relative, plus: 0, sign }
}

/**
 * Whether a guardrail of means, rates or ratios is shown harmful (one-sided at harmAlpha) or safe (one-sided at alpha). A relative margin
 * is tested as the hypothesis candidate = (1 + margin) x control, without the delta method; it needs a control above 0.
 */
export function guardrailOfMeans(metric: MetricDefinition, comparison: Comparison, plan: Plan): GuardrailResult {
  const margin = marginOf(metric)
  const seen = seenIn(comparison)
  if (seen === undefined || seen.unitsOfSmallerArm < plan.minimalUnits) return unknownGuardrail(metric)
  if ('relative' in margin && !(seen.control.value > 0)) return unknownGuardrail(metric)
  const { sign, ...border } = borderOf(metric)
  const { expectedUnits } = plan
  return {
    margin,
    harmful: isShownBeyond(comparison, border, sign, { alpha: plan.harmAlpha, expectedUnits }),
    safe: isShownBeyond(comparison, border, sign === 1 ? -1 : 1, { alpha: plan.alpha, expectedUnits }),
  }
}

/**
 * Values per arm at which harm to a quantile is found soonest. Small on purpose: where every call is slow, the 95 % quantile is shown harmful
 * after 160 values an arm (with 2500: 312) and the median at the minimal units, while slight harm is found as soon as ever.
 */
const harmExpectedValues = 200

/** The same for a quantile, exactly: the e-value against the border itself. */
export function guardrailOfQuantile(
  metric: MetricDefinition,
  quantile: number,
  strata: readonly QuantileStratum[],
  plan: Plan,
): GuardrailResult {
  const margin = marginOf(metric)
  const { sign, ...border } = borderOf(metric)
  const absolute = 'absolute' in margin
  const estimate = quantileEffectEstimate(strata, quantile, absolute ? 'absolute' : 'relative')
  const beyond = sign * (estimate - (absolute ? border.plus : border.factor - 1))
  const isRefused = (expectedValues: number, alpha: number) =>
    lnEOfStrata(strata, quantile, expectedValues, border) >= -Math.log(alpha)
  return {
    margin,
    harmful: beyond > 0 && isRefused(Math.min(harmExpectedValues, plan.expectedUnits / 2), plan.harmAlpha),
    safe: beyond < 0 && isRefused(plan.expectedUnits / 2, plan.alpha),
  }
}
