/** What a contract may allow at most: 1 GiB, an hour, and so many versions to fall back on. */
export const bodyBytesMax = 2 ** 30
export const timeoutMsMax = 3_600_000
export const fallbackMax = 4

/** "30s", "2.5s", "800ms", "2m", "1h" → milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  return quantity(text, { ms: 1, s: 1000, m: 60_000, h: 3_600_000 })
}

const dayMs = 86_400_000

/** The same for what may last for days: "1d", "2.5d" too. */
export function parseLongDuration(text: string): number | undefined {
  return parseDuration(text) ?? quantity(text, { d: dayMs })
}

export function isDuration(text: string, msMax: number): boolean {
  return (parseDuration(text) ?? Number.POSITIVE_INFINITY) <= msMax
}

/** Whether a text is a time that a contract may set as a limit. */
export function isTimeout(text: string): boolean {
  return isDuration(text, timeoutMsMax)
}

export const timeoutWords = 'must be a duration such as 800ms, 30s or 2m, at most 1h'

/** "64KiB", "10MiB", "1GiB", "1000" → bytes; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  return quantity(text, { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 })
}

/** The shortest text that reads back as the same number. */
export function durationText(ms: number): string {
  return quantityText(ms, [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ])
}

/** The same with days. */
export function longDurationText(ms: number): string {
  return ms % dayMs === 0 ? `${ms / dayMs}d` : durationText(ms)
}

export function sizeText(bytes: number): string {
  return quantityText(bytes, [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
    ['B', 1],
  ])
}

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)\s?([A-Za-z]*)$/.exec(text)
  const unit = Object.hasOwn(units, match?.[2] ?? '') ? units[match?.[2] ?? ''] : undefined
  if (!match || unit === undefined) return undefined
  // Rounded, as 1.001 * 1000 is 1000.9999999999999.
  const value = Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}

function quantityText(value: number, units: readonly (readonly [string, number])[]): string {
  const [name, size] = units.find(([, size]) => value % size === 0) ?? ['', 1]
  return `${value / size}${name}`
}
