import type { Clock } from '../../../kernel/clock.ts'
import type { ReplicaState, ReplicaStatus } from '../../../kernel/replicas.ts'
import { inRow, isEjected, isFailing } from './ejection.ts'
import { partOf, slowStartMs } from './load.ts'
import type { Fact, Member } from './member.ts'

export interface Standing {
  readonly state: ReplicaState
  readonly reason: string | undefined
  /** Monotonic, ms. */
  readonly since: number
}

/** A member's state: what weighs most comes first. */
export function standingOf(member: Member, barred: Fact | undefined, now: number): Standing {
  const { drainingAt, endpoint, ejection, warming, joinedAt } = member
  if (drainingAt !== undefined) return { state: 'draining', reason: 'it was removed', since: drainingAt }
  if (barred) return { state: 'barred', reason: barred.reason, since: barred.at }
  if (endpoint.down) return { state: 'down', reason: endpoint.down.reason, since: endpoint.down.at }
  if (isEjected(member, now)) return { state: 'ejected', reason: ejection.reason, since: ejection.at }
  if (isFailing(member)) return { state: 'failing', reason: inRow(member), since: member.fault.at }
  if (partOf(member, now) < 1) return { state: 'warming', reason: warming.reason, since: warming.at }
  return { state: 'ready', reason: undefined, since: Math.max(joinedAt, warming.at + slowStartMs) }
}

export function statusOf(member: Member, barred: Fact | undefined, clock: Clock): ReplicaStatus {
  const now = clock.elapsed()
  const { state, reason, since } = standingOf(member, barred, now)
  return {
    address: member.endpoint.address,
    source: member.source,
    state,
    reason,
    since: clock.now() - (now - since),
    inFlight: member.open.size,
    attempts: member.attempts,
    failures: member.failures,
    latencyMs: member.latency.ms,
    waiting: now < member.reportUntil ? member.waiting : undefined,
  }
}
