import type { Margin } from '@astraapi/statistics'
import type { ExperimentMetric } from '../../kernel/experiment.ts'

/** How much worse a guardrail may be, as people write it: "10 %", "0.5 points", "50 ms", or a number in the metric's own unit. */
export type ManifestMargin = string | number

type Metric = Pick<ExperimentMetric, 'unit' | 'share'>

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

/** Undefined when it is none, or of a unit that the metric has not. */
export function parseMargin(declared: ManifestMargin, { unit: own, share }: Metric): Margin | undefined {
  const [, amount = '', unit = ''] = /^\+?(\d{1,12}(?:\.\d{1,9})?) ?([A-Za-z]*|%)$/.exec(String(declared)) ?? []
  const value = Number(amount)
  if (!(value > 0)) return undefined
  if (unit === '') return { absolute: value }
  if (unit === '%') return { relative: rounded(value / 100) }
  const known = Object.hasOwn(units, unit) ? units[unit] : undefined
  return known && known.of === (share ? 'share' : own) ? { absolute: rounded(value * known.times) } : undefined
}

/** The text that reads back as the same margin. */
export function marginText(margin: Margin, { unit, share }: Metric): ManifestMargin {
  if ('relative' in margin) return `${rounded(margin.relative * 100)} %`
  if (share) return `${rounded(margin.absolute * 100)} points`
  return unit === undefined ? margin.absolute : `${margin.absolute} ${unit}`
}

/** 0.07 * 100 is 7.000000000000001. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
