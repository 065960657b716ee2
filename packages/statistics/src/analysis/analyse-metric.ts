import type { Epoch, MetricDefinition, Plan } from '../evidence.ts'
import type { Interval } from '../intervals/interval.ts'
import { runningP } from '../intervals/normal-mixture.ts'
import { metricWords } from '../verdict/metric-words.ts'
import type { Bounds, FeedbackCheck, MetricResult } from './analysis.ts'
import { finiteOrNull, type Pair, scaleOf } from './found.ts'
import { ofMeans } from './of-means.ts'
import { ofQuantile } from './of-quantile.ts'

/** What is known of it beside its values. */
export interface Beside {
  /** The smallest p so far. */
  readonly previousP?: number | undefined
  readonly feedback?: FeedbackCheck | undefined
}

export interface Arms {
  readonly control: string
  readonly candidate: string
}

/**
 * One metric of one candidate against the control, over all epochs. `alpha` after multiplicity.
 * Throws RangeError if a quantile metric names no quantile, or if an accumulator is not of the metric's type.
 */
export function analyseMetric(
  metric: MetricDefinition,
  epochs: readonly Epoch[],
  arms: Arms,
  plan: Plan,
  alpha: number,
  { previousP, feedback }: Beside = {},
): MetricResult {
  const parts = metric.type === 'quantile' ? ofQuantile : ofMeans
  const found = parts(metric, pairsOf(metric, epochs, arms), plan, alpha)
  const { interval, guardrail, p, ...rest } = found
  const result = {
    metric,
    ...rest,
    scale: scaleOf(metric),
    interval: boundsOf(interval),
    alpha,
    p: runningP(previousP, p),
    direction: directionOf(metric, interval, found.mayDecide),
    ...(metric.kind === 'guardrail' ? { guardrail } : {}),
    ...(feedback ? { feedback } : {}),
  }
  return { ...result, words: metricWords(result) }
}

function pairsOf(metric: MetricDefinition, epochs: readonly Epoch[], arms: Arms): Pair[] {
  return epochs.flatMap(({ number, shares, arms: evidence }) => {
    const [control, candidate] = [arms.control, arms.candidate].map((arm) => evidence[arm]?.metrics[metric.name])
    if (control === undefined || candidate === undefined) return []
    for (const { type } of [control, candidate]) {
      if (type !== metric.type) {
        throw new RangeError(`metric "${metric.name}" is of type ${metric.type}, epoch ${number} holds a ${type} of it`)
      }
    }
    const [a, b] = [shares[arms.control] ?? 0, shares[arms.candidate] ?? 0]
    return [{ split: a / (a + b), control, candidate }]
  })
}

function directionOf(
  { optimise }: MetricDefinition,
  { lower, upper }: Interval,
  mayDecide: boolean,
): MetricResult['direction'] {
  if (!mayDecide || (lower <= 0 && upper >= 0)) return 'unknown'
  return lower > 0 === (optimise === 'max') ? 'better' : 'worse'
}

const boundsOf = ({ lower, upper }: Interval): Bounds => ({ lower: finiteOrNull(lower), upper: finiteOrNull(upper) })
