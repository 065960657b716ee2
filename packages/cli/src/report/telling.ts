import { type MetricDefinition, type MetricResult, marginOf } from '@astraapi/statistics'
import type { Effect } from './experiment-json.ts'
import { levelText, numberText, shareText, signedText } from './numbers.ts'

/** How a metric's numbers are told: times what, and in which unit. */
export interface Telling {
  readonly times: number
  /** "points", "%", "ms"; empty where there is none. */
  readonly unit: string
}

/** Of differences, as the verdict has it. */
export function effectTelling({ unit = '', ...metric }: MetricDefinition, scale: 'absolute' | 'relative'): Telling {
  if (scale === 'relative') return { times: 100, unit: '%' }
  return isShare(metric) ? { times: 100, unit: 'points' } : { times: 1, unit }
}

const isShare = ({ type, share }: Pick<MetricDefinition, 'type' | 'share'>) => type === 'rate' || share === true

/** One arm's value: "97.1 %", "41.2 ms", "-" where there is none. */
export function valueText({ unit = '', ...metric }: MetricDefinition, value: number | null): string {
  if (value === null) return '-'
  if (isShare(metric)) return shareText(value)
  return unit === '' ? numberText(value) : `${numberText(value)} ${unit}`
}

export function differenceText({ metric, scale, estimate }: Pick<MetricResult, 'metric' | 'scale' | 'estimate'>) {
  if (estimate === null) return '-'
  const { times, unit } = effectTelling(metric, scale)
  return unit === '' ? signedText(estimate * times) : `${signedText(estimate * times)} ${unit}`
}

/** "4.9 to 8.7", with its level where that is wanted: "95 %: 4.9 to 8.7". */
export function intervalText({ metric, scale, interval: { lower, upper } }: MetricResult): string {
  if (lower === null && upper === null) return '-'
  const { times } = effectTelling(metric, scale)
  const side = (bound: number | null) => (bound === null ? 'unknown' : numberText(bound * times))
  return `${side(lower)} to ${side(upper)}`
}

export const levelOf = ({ alpha }: MetricResult): string => levelText(alpha)

/** What the interval shows, in a word or two. */
export function shownText({ metric, estimate, mayDecide, direction, guardrail }: MetricResult): string {
  if (guardrail?.harmful) return 'harmful'
  if (guardrail?.safe) return 'within its margin'
  if (estimate === null) return 'nothing yet'
  if (guardrail) return metric.prove === 'safe' ? 'not shown safe' : 'not shown harmful'
  if (!mayDecide) return 'too few units'
  return direction === 'unknown' ? 'no difference shown' : direction
}

/** "margin 10 %", of guardrails. */
export function marginText(metric: MetricDefinition): string {
  const margin = marginOf(metric)
  const relative = 'relative' in margin
  const { times, unit } = effectTelling(metric, relative ? 'relative' : 'absolute')
  const size = numberText((relative ? margin.relative : margin.absolute) * times)
  return unit === '' ? size : `${size} ${unit}`
}

/** Where the margin lies on a chart of that scale; undefined where the two don't share one, or of success metrics. */
export function marginPlace({ metric, scale }: Pick<MetricResult, 'metric' | 'scale'>): number | undefined {
  if (metric.kind !== 'guardrail') return undefined
  const margin = marginOf(metric)
  const sign = metric.optimise === 'min' ? 1 : -1
  if (scale === 'relative') return 'relative' in margin ? sign * margin.relative : undefined
  return 'absolute' in margin ? sign * margin.absolute : undefined
}

export const noEffect: Effect = { estimate: null, lower: null, upper: null }
