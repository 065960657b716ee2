import type { Member } from './member.ts'

/** Outlier ejection by consecutive faults, with Envoy's defaults. */
export const faultsMax = 5
const baseMs = 30_000
const longestMs = 300_000
/** An ejection is forgotten after so long without another. */
const forgetMs = 30_000

/** At most half of the members are ejected at once, of two or three one; a lone one never. */
export function ejectedMax(members: number): number {
  return members < 2 ? 0 : Math.max(1, Math.floor(members / 2))
}

/** Leaves it alone for 30 s times the ejections that are not forgotten; then its share grows anew. */
export function eject(member: Member, now: number): void {
  const forgotten = Math.floor((now - member.ejection.until) / forgetMs)
  const count = Math.min(longestMs / baseMs, Math.max(0, member.ejection.count - forgotten) + 1)
  const restMs = baseMs * count
  const reason = `${inRow(member)}; left alone for ${restMs / 1000} s`
  member.ejection = { count, at: now, until: now + restMs, reason }
  member.faultsInRow = 0
  member.warming = { reason: 'its ejection is over', at: now + restMs }
}

/** Nobody else could take its calls. */
export function isFailing({ faultsInRow }: Member): boolean {
  return faultsInRow >= faultsMax
}

export function inRow({ faultsInRow, fault }: Member): string {
  return `${faultsInRow} attempts in a row failed, the last one so: ${fault.reason}`
}

export function isEjected({ ejection }: Member, now: number): boolean {
  return now < ejection.until
}

/** It comes back, warming, whatever kept it away. */
export function comeBack(member: Member, why: string, now: number): void {
  if (isEjected(member, now)) member.ejection = { ...member.ejection, until: now }
  member.faultsInRow = 0
  member.warming = { reason: why, at: now }
}
