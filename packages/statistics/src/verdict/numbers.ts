// Numbers for people, in English whatever the machine's locale.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** "1,412" */
export const countWords = (n: number): string => grouped.format(n)

/** One digit after the point, two significant ones below 0.1 (so that what isn't 0 doesn't look it), none from 1,000. */
export function numberWords(x: number): string {
  const size = Math.abs(x)
  if (size >= 1000) return grouped.format(x)
  const rounded = size >= 0.0995 || size === 0 ? x.toFixed(1) : Number(x.toPrecision(2)).toString()
  return rounded.replace(/\.0$/, '').replace(/^-0$/, '0')
}

/** With its sign, as of a change: "+6.8", "-2", "0". */
export const signedWords = (x: number): string => (x > 0 ? `+${numberWords(x)}` : numberWords(x))

/** "0.00012" as it is for a p-value: two significant digits, "less than" below 1e-6. */
export const pWords = (p: number): string => (p < 1e-6 ? 'p < 0.000001' : `p = ${Number(p.toPrecision(2))}`)

/** "95 %" of alpha = 0.05, "97.5 %" of 0.025. */
export const levelWords = (alpha: number): string => `${Number((100 * (1 - alpha)).toFixed(2))} %`

/** "14:02" in UTC. */
export const clockWords = (atMs: number): string => new Date(atMs).toISOString().slice(11, 16)

const durations = [
  { ms: 86_400_000, one: 'day', many: 'days' },
  { ms: 3_600_000, one: 'hour', many: 'hours' },
  { ms: 60_000, one: 'minute', many: 'minutes' },
  { ms: 1000, one: 'second', many: 'seconds' },
]

/** "24 hours", "3 days": the largest unit of which there are at least two, or one. */
export function durationWords(ms: number): string {
  const unit = durations.find((d) => ms >= 2 * d.ms) ?? { ms: 1000, one: 'second', many: 'seconds' }
  const n = Math.floor(ms / unit.ms)
  return `${n} ${n === 1 ? unit.one : unit.many}`
}
