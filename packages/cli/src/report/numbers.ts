// Numbers and times for people who read a report or a table.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** "1,412" */
export const countText = (n: number): string => grouped.format(n)

/** Three significant digits, none lost above: "0.00412", "6.8", "1,412". */
export function numberText(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return grouped.format(value)
  return plain(Number(value.toPrecision(3)))
}

/** With its sign, as of a change: "+6.8", "-2", "0". */
export function signedText(value: number): string {
  const text = numberText(value)
  return value > 0 && text !== '0' ? `+${text}` : text
}

/** Without an exponent, which few read. */
function plain(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(12).replace(/\.?0+$/, '') : text
}

/** "p = 0.0042", "p < 0.000001" */
export const pText = (p: number): string => (p < 1e-6 ? 'p < 0.000001' : `p = ${plain(Number(p.toPrecision(2)))}`)

/** "12.5 %" */
export const shareText = (share: number): string => `${Number((100 * share).toFixed(2))} %`

/** "95 %" of 0.05. */
export const levelText = (alpha: number): string => shareText(1 - alpha)

/** "2026-11-23 14:02:07 UTC" */
export const timeText = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`

const spans = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const

/** "24 hours", "90 seconds", "1.5 days": the largest unit of which there are at least two. */
export function spanText(ms: number): string {
  const [unit, name] = spans.find(([size]) => ms >= 2 * size) ?? spans[3]
  const amount = Number((ms / unit).toFixed(1))
  return `${amount} ${name}${amount === 1 ? '' : 's'}`
}
