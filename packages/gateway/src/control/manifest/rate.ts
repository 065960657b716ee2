import type { Rate } from '../../kernel/limits.ts'
import { nearest } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { closed, text } from './forms.ts'
import { durationText, parseDuration } from './quantities.ts'

/** "100/minute", or with what may come at once after a pause. */
export type ManifestRate = string | { readonly rate: string; readonly burst?: number }

const intervals = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const words = Object.keys(intervals) as readonly (keyof typeof intervals)[]
const amountMax = 1e12

/** The longer form; the shorter one is text. */
export const rateForm: Schema = closed(
  { rate: { ...text, examples: ['100/minute'] } },
  { burst: { type: 'number', minimum: 1, maximum: amountMax } },
)

export const rateWords =
  'must be a rate such as 100/minute: a number above 0 per second, minute, hour or day, or per time such as 10s'

/** What a manifest says of a rate that can be read. */
export function rateOf(declared: ManifestRate): Rate {
  const { rate, burst } = typeof declared === 'string' ? { rate: declared } : declared
  const { amount, perMs } = parseRate(rate) ?? { amount: 1, perMs: intervals.day }
  return { amount, perMs, burst: burst ?? usualBurst(amount) }
}

export function rateOut({ burst, ...rate }: Rate): ManifestRate {
  const text = rateText(rate)
  return burst === usualBurst(rate.amount) ? text : { rate: text, burst }
}

/** "100/minute", "2.5/10s"; undefined when it is none. */
export function parseRate(text: string): Omit<Rate, 'burst'> | undefined {
  const [, amount = '', interval = ''] = /^(\d{1,12}(?:\.\d{1,3})?) ?\/ ?([\w.]+)$/.exec(text) ?? []
  const perMs = words.includes(interval as 'day') ? intervals[interval as 'day'] : parseDuration(interval)
  if (perMs === undefined || perMs < intervals.second || perMs > intervals.day) return undefined
  return Number(amount) > 0 ? { amount: Number(amount), perMs } : undefined
}

/** The shortest text that reads back as the same rate. */
export function rateText({ amount, perMs }: Omit<Rate, 'burst'>): string {
  return `${amount}/${words.find((word) => intervals[word] === perMs) ?? durationText(perMs)}`
}

/** What was most likely meant by a text that is no rate: "100/min", "100 per hour", "100rpm", "100". */
export function rateMeant(text: string): { readonly suggestion?: string } {
  const [, amount = '', short, unit = short] =
    /^(\d[\d.]*) *(?:[rt]p([smhd])|(?:\/|per) *([A-Za-z]+))?$/i.exec(text) ?? []
  if (!(Number(amount) > 0)) return {}
  if (unit === undefined) return { suggestion: `Write for example "${amount}/minute".` }
  const meant = words.find((word) => word.startsWith(unit.toLowerCase())) ?? nearest(unit, words)
  return meant === undefined ? {} : { suggestion: `Did you mean "${amount}/${meant}"?` }
}

/** The whole interval's amount, and never so little that no call would fit. */
function usualBurst(amount: number): number {
  return Math.max(amount, 1)
}
