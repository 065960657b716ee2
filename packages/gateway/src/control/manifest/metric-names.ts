import type { MetricDefinition } from '@astraapi/statistics'
import {
  type ExperimentMetric,
  type FeedbackMetric,
  type RecordMetric,
  recordMetrics,
} from '../../kernel/experiment.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { ownEntry } from './own-entry.ts'

type Measured = Pick<MetricDefinition, 'type' | 'optimise' | 'unit' | 'margin' | 'quantile' | 'share'>

/** Half a point of what is a share of calls, 10 % of all else. */
const points = { margin: { absolute: 0.005 }, share: true } as const
const percents = { margin: { relative: 0.1 } } as const

/**
 * What every Record has, per call of a unit: one mean per unit. No rates, as a unit's several calls are no independent trials. And no
 * ratios of all sums to all calls: there a unit of a thousand calls would decide alone, and look certain of it, as the spread of the
 * others is small beside its own calls.
 */
const recordTable: Readonly<Record<RecordMetric, Measured>> = {
  errors: { type: 'mean', optimise: 'min', ...points },
  latency: { type: 'mean', optimise: 'min', unit: 'ms', ...percents },
  'first-chunk': { type: 'mean', optimise: 'min', unit: 'ms', ...percents },
  cost: { type: 'mean', optimise: 'min', unit: 'USD', ...percents },
  tokens: { type: 'mean', optimise: 'min', unit: 'tokens', ...percents },
  'invalid-output': { type: 'mean', optimise: 'min', ...points },
  refusals: { type: 'mean', optimise: 'min', ...points },
  truncations: { type: 'mean', optimise: 'min', ...points },
}

/**
 * What feedback says: one mean per unit. No rate, though true and false are what it is made of: a unit may have several calls, and its
 * mean then lies between 0 and 1, while a rate's exact intervals take each unit for one trial.
 */
const feedbackTable: Readonly<Record<FeedbackMetric['type'], Pick<Measured, 'type' | 'margin' | 'share'>>> = {
  boolean: { type: 'mean', ...points },
  number: { type: 'mean', ...percents },
}

/** "latency-p95", of a measured quantity; "errors" has no quantiles, as each call fails or doesn't. */
const quantilePattern = /^([a-z-]+)-p(\d{1,2}(?:\.\d)?)$/

/** "errors", "latency", "latency-p95": what a name means of every Record; undefined where it means nothing. */
export function recordMetricOf(name: string): (Measured & { readonly record: RecordMetric }) | undefined {
  const record = recordMetrics.find((known) => known === name)
  if (record) return { record, ...recordTable[record] }
  const [, base, percent] = quantilePattern.exec(name) ?? []
  const measured = recordMetrics.find((known) => known === base)
  const quantile = Number((Number(percent) / 100).toPrecision(4))
  if (!measured || recordTable[measured].unit === undefined || !(quantile > 0)) return undefined
  return { record: measured, ...recordTable[measured], type: 'quantile', quantile }
}

/** A metric by its name, as the contract's feedback or its Records have it, with its usual margin; undefined where neither does. */
export function metricNamed(
  name: string,
  kind: MetricDefinition['kind'],
  feedback: Readonly<Record<string, FeedbackMetric>>,
): ExperimentMetric | undefined {
  const known = recordMetricOf(name)
  if (known) {
    const { record, margin, ...measured } = known
    // What calls cost and take is told against the control's.
    const scale = kind === 'success' && !known.share ? { scale: 'relative' as const } : scaleFor(kind, known)
    return { name, kind, ...measured, ...scale, from: { record } }
  }
  const declared = ownEntry(feedback, name)
  if (!declared) return undefined
  const row = feedbackTable[declared.type]
  const { margin: _, ...measured } = row
  const { optimise, source } = declared
  return {
    name,
    kind,
    ...measured,
    optimise,
    ...scaleFor(kind, row),
    from: { feedback: name, ...(source ? { source } : {}) },
  }
}

/** A guardrail is told as its margin is; a success metric has none, and a change of a share is told in points. */
function scaleFor(kind: MetricDefinition['kind'], { margin, share }: Pick<Measured, 'margin' | 'share'>) {
  if (kind === 'guardrail') return margin ? { margin } : {}
  return share ? { scale: 'absolute' as const } : {}
}

/** What was most likely meant by a name that is none, and what there is. */
export function metricMeant(name: string, feedback: Readonly<Record<string, unknown>>): string {
  const declared = Object.keys(feedback)
  const own = declared.length > 0 ? declared.join(', ') : `none yet (metrics: {${name}: {type: boolean}})`
  const known = [...declared, ...recordMetrics, 'latency-p95', 'latency-p99', 'first-chunk-p95', 'cost-p95']
  const all = `The contract declares ${own}; of every call there are ${recordMetrics.join(', ')}, latency-p95 and the like.`
  return didYouMean(name, known).suggestion ?? all
}
