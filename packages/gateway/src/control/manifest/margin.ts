import type { Margin } from '@astraapi/statistics'
import type { ExperimentMetric, FeedbackMetric } from '../../kernel/experiment.ts'

/** How much worse a guardrail may be, as people write it: "10 %", "0.5 points", "50 ms", or a number in the metric's own unit. */
export type ManifestMargin = string | number

type Metric = Pick<ExperimentMetric, 'unit' | 'from'>

export const marginWords = 'must say how much worse it may be, above 0, such as 10 %'

/** What may stand behind a number, and what it then means; "%" is relative, the others are absolute. */
const units: Readonly<Record<string, { readonly of: string; readonly times: number }>> = {
  points: { of: 'share', times: 0.01 },
  point: { of: 'share', times: 0.01 },
  ms: { of: 'ms', times: 1 },
  s: { of: 'ms', times: 1000 },
  USD: { of: 'USD', times: 1 },
  tokens: { of: 'tokens', times: 1 },
}

/** Undefined when it is none, or of a unit that the metric has not. `feedback` is the declaration where it is one of feedback. */
export function parseMargin(
  declared: ManifestMargin,
  metric: Metric,
  feedback?: Pick<FeedbackMetric, 'type'>,
): Margin | undefined {
  const [, amount = '', unit = ''] = /^\+?(\d{1,12}(?:\.\d{1,9})?) ?([A-Za-z]*|%)$/.exec(String(declared)) ?? []
  const value = Number(amount)
  if (!(value > 0)) return undefined
  if (unit === '') return { absolute: value }
  if (unit === '%') return { relative: rounded(value / 100) }
  const known = Object.hasOwn(units, unit) ? units[unit] : undefined
  const measured = metric.unit ?? (feedback?.type === 'number' ? 'number' : 'share')
  return known?.of === measured ? { absolute: rounded(value * known.times) } : undefined
}

/** The text that reads back as the same margin. */
export function marginText(margin: Margin, { unit, from }: Metric): ManifestMargin {
  if ('relative' in margin) return `${rounded(margin.relative * 100)} %`
  if (unit !== undefined) return `${margin.absolute} ${unit}`
  return 'record' in from ? `${rounded(margin.absolute * 100)} points` : margin.absolute
}

/** 0.07 * 100 is 7.000000000000001. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
