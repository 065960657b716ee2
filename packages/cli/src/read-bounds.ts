import { usageFault } from './failures.ts'

export interface Bound {
  readonly min?: number
  readonly max?: number
  readonly drop?: number
}

/** Amounts of a unit as the API has them: shares from 0 to 1, times in ms, money in USD. */
const factors: Readonly<Record<string, number>> = { '': 1, '%': 0.01, ms: 1, s: 1000, usd: 1 }

/** Whose amounts have a unit of their own; all others are shares or plain numbers. */
const units: readonly (readonly [measures: RegExp, units: readonly string[], example: string])[] = [
  [/^latency/, ['ms', 's'], '200ms'],
  [/^cost/, ['usd'], '0.002'],
  [/^(tokens|absolute-error)$/, [], '20'],
  [/^/, ['%'], '95%'],
]

const form = /^(drop:)?([a-z][a-z0-9-]*)\s*(>=|<=)\s*\$?(\d+(?:\.\d+)?)\s*(%|ms|s|usd)?$/i

/** `accuracy>=0.95`, `latency-p95<=200ms`, `drop:accuracy<=1%`: what is required of a version, by measure. */
export function readBounds(texts: readonly string[]): Readonly<Record<string, Bound>> {
  const bounds: Record<string, Bound> = {}
  for (const text of texts) {
    const [all, drop, measure = '', sign, amount, unit = ''] = form.exec(text.trim()) ?? []
    if (all === undefined || (drop && sign === '>=')) {
      throw usageFault(
        `--require "${text}" is no bound. Write one like accuracy>=0.95, latency-p95<=200ms or drop:accuracy<=1%.`,
      )
    }
    const [, taken = [], example] = units.find(([measures]) => measures.test(measure)) ?? []
    if (unit !== '' && !taken.includes(unit.toLowerCase())) {
      throw usageFault(`--require "${text}": ${measure} is not told in "${unit}". Write an amount like ${example}.`)
    }
    const limit = Number((Number(amount) * (factors[unit.toLowerCase()] ?? 1)).toPrecision(12))
    bounds[measure] = { ...bounds[measure], [drop ? 'drop' : sign === '>=' ? 'min' : 'max']: limit }
  }
  return bounds
}
