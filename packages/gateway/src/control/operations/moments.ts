import { AstraError } from '../../kernel/errors.ts'

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** As JavaScript reads dates it would also take "1" (the year 2001), so the form is checked first. */
const isoForm = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

/** A moment as ms since the Unix epoch, from "30m" (so long ago) or ISO 8601. Throws `invalid_input` naming `field`. */
export function momentOf(text: string, now: number, field: string): number {
  const ago = parseDuration(text)
  if (ago !== undefined) return Math.max(0, now - ago)
  const moment = isoForm.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(moment)) throw invalidField(field, 'must be like 30m, 1h, 2d, or a time like 2026-11-22T12:00:00Z')
  return moment
}

/** "90s", "30m", "1h", "2d" or "1w" as ms. Throws `invalid_input` naming `field`. */
export function durationOf(text: string, field: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw invalidField(field, 'must be a duration like 1m, 1h or 1d')
  return ms
}

/** A moment to come as ms since the Unix epoch, from "30d" (from now on) or ISO 8601. Throws `invalid_input` naming `field`. */
export function momentToCome(text: string, now: number, field: string): number {
  const wait = parseDuration(text)
  const moment = wait !== undefined ? now + wait : isoForm.test(text) ? Date.parse(text) : Number.NaN
  if (moment > now) return moment
  throw invalidField(field, 'must be like 12h, 30d, 52w, or a time to come like 2027-11-22T12:00:00Z')
}

/** A fault that no schema can express. */
export function invalidField(field: string, message: string): AstraError {
  return new AstraError('invalid_input', {
    detail: `${field} ${message}`,
    violations: [{ path: `/${field}`, message }],
  })
}

function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const factor = unitMs[unit ?? '']
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor
}
