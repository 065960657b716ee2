/** A calendar day or month (UTC); ms since the Unix epoch. */
export interface Period {
  /** "2026-11-23" or "2026-11". */
  readonly name: string
  readonly from: number
  readonly until: number
}

export interface Periods {
  readonly day: Period
  readonly month: Period
}

let latest: Periods | undefined

/** Those in which a moment lies. Nearly always the ones asked for before. */
export function periodsAt(at: number): Periods {
  if (latest && at >= latest.day.from && at < latest.day.until) return latest
  const date = new Date(at)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const iso = date.toISOString()
  latest = {
    day: { name: iso.slice(0, 10), from: Date.UTC(year, month, day), until: Date.UTC(year, month, day + 1) },
    month: { name: iso.slice(0, 7), from: Date.UTC(year, month), until: Date.UTC(year, month + 1) },
  }
  return latest
}
