import type { MetricResult } from '../analysis/analysis.ts'
import type { Margin, MetricDefinition } from '../evidence.ts'
import { countWords, levelWords, numberWords, signedWords } from './numbers.ts'

/** How numbers on a metric's scale are told: times what, and with which unit. */
interface Telling {
  readonly times: number
  readonly unit: string
}

function tellingOf({ type, unit, share }: MetricDefinition, scale: 'absolute' | 'relative'): Telling {
  if (scale === 'relative') return { times: 100, unit: ' %' }
  if (type === 'rate' || share === true) return { times: 100, unit: ' points' }
  return { times: 1, unit: unit === undefined ? '' : ` ${unit}` }
}

/** "margin 10 %" */
export function marginWords(metric: MetricDefinition, margin: Margin): string {
  const relative = 'relative' in margin
  const { times, unit } = tellingOf(metric, relative ? 'relative' : 'absolute')
  return `margin ${numberWords((relative ? margin.relative : margin.absolute) * times)}${unit}`
}

/**
 * One metric in words: "accuracy +6.8 points, 95 % interval 4.9 to 8.7", or of a guardrail
 * "p95 latency +2 %, not shown harmful (margin 10 %)". Where units are without a value of it, how many have one: "known of 690 of 706 (1.0) and
 * 702 of 706 (1.1) units".
 */
export function metricWords(result: Omit<MetricResult, 'words'>): string {
  const { metric, estimate, guardrail } = result
  if (estimate === null) return `${metric.name}: nothing to compare yet`
  const { times, unit } = tellingOf(metric, result.scale)
  const effect = `${metric.name} ${signedWords(estimate * times)}${unit}`
  const of = feedbackWords(result)
  if (guardrail === undefined) return `${effect}, ${intervalWords(result, times)}${of}`
  return `${effect}, ${guardrailState(metric, guardrail)} (${marginWords(metric, guardrail.margin)})${of}`
}

function feedbackWords({ feedback }: Omit<MetricResult, 'words'>): string {
  const arms = Object.entries(feedback?.units ?? {})
  const came = (arm: string): number => feedback?.counts[arm] ?? 0
  if (arms.every(([arm, units]) => came(arm) >= units)) return ''
  const told = arms.map(([arm, units]) => `${countWords(came(arm))} of ${countWords(units)} (${arm})`)
  return `, known of ${told.join(' and ')} units`
}

function guardrailState(metric: MetricDefinition, { harmful, safe }: { harmful: boolean; safe: boolean }): string {
  if (harmful) return 'shown harmful'
  if (safe) return 'shown to be within its margin'
  return metric.prove === 'safe' ? 'not shown to be within its margin' : 'not shown harmful'
}

function intervalWords({ alpha, interval: { lower, upper } }: Omit<MetricResult, 'words'>, times: number): string {
  if (lower === null && upper === null) return 'no interval yet'
  const side = (bound: number | null) => (bound === null ? 'unknown' : numberWords(bound * times))
  return `${levelWords(alpha)} interval ${side(lower)} to ${side(upper)}`
}
