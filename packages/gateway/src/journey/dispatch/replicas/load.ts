import type { Member } from './member.ts'

/** How long what a replica said of itself is believed. */
const reportMs = 2000
const busyMsMax = 1000
/** More than any member has in flight: a busy one comes last, but before none. */
const busyLoad = 1e6
export const slowStartMs = 10_000
const firstPart = 0.1

/**
 * What choices compare: attempts in flight, plus the calls of others there by its own report. While it warms, a member counts as
 * fuller than it is in proportion to its part. An idle one would then never be chosen among idle ones: it takes part by lot,
 * so rarely that its share of the choices among `count` members is its part too.
 */
export function loadOf(member: Member, count: number, now: number, random: () => number): number {
  const own = member.open.size
  let load = own
  if (now < member.reportUntil) load += member.others
  if (now < member.busyUntil) load += busyLoad
  const part = partOf(member, now)
  if (part === 1 || (own === 0 && random() < part / ((count - 1) * (1 - part) + part))) return load
  return (load + 1) / part - 1
}

/** A member's part of a full share: from 10 % to 100 % over 10 s. */
export function partOf({ warming }: Member, now: number): number {
  const warmMs = now - warming.at
  return warmMs >= slowStartMs ? 1 : firstPart + (1 - firstPart) * (Math.max(0, warmMs) / slowStartMs)
}

/** A report comes with an answer, whose attempt is still counted here, and no longer there. */
export function takeReport(member: Member, waiting: number, now: number): void {
  member.waiting = waiting
  member.others = Math.max(0, waiting - Math.max(0, member.open.size - 1))
  member.reportUntil = now + reportMs
}

/**
 * It refuses at once, so that few are in flight there: without this it would draw all calls. Any answer of it lifts that, as
 * a place is free again.
 */
export function takeRefusal(member: Member, retryAfterMs: number, now: number): void {
  member.busyUntil = now + Math.min(retryAfterMs, busyMsMax)
}
