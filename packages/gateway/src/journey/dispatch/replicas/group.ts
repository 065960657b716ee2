import type { Clock } from '../../../kernel/clock.ts'
import { AstraError, operatorReason } from '../../../kernel/errors.ts'
import type { HealthFault, ReplicaStatus } from '../../../kernel/replicas.ts'
import { type AttemptEnd, attemptEnds } from '../attempt-end.ts'
import type { OwnSignal } from '../own-signal.ts'
import { choose } from './choose.ts'
import { comeBack, eject, faultsMax } from './ejection.ts'
import { observe } from './latency.ts'
import { takeRefusal, takeReport } from './load.ts'
import { type Endpoint, type Member, newMember, type OpenAttempt } from './member.ts'
import { createRetryBudget, type RetryBudget } from './retry-budget.ts'
import { Roster } from './roster.ts'
import { statusOf } from './standing.ts'

/** What a group tells the fleet. */
export interface GroupEvents {
  suspicious(endpoint: Endpoint): void
  /** A member was removed, and none of its attempts is in flight any more. */
  left(endpoint: Endpoint, group: ReplicaGroup): void
}

/** The replicas of one version: who takes the next attempt, and what attempts and watchers tell of them. Times: monotonic ms. */
export class ReplicaGroup {
  readonly #roster = new Roster()
  readonly #random: () => number
  readonly #events: GroupEvents
  #budget: RetryBudget | undefined
  #turn = 0

  constructor(random: () => number, events: GroupEvents) {
    this.#random = random
    this.#events = events
  }

  get isEmpty(): boolean {
    return this.#roster.members.size === 0
  }

  /** The next attempt of a call that tried some; undefined when no replica is left for it. */
  begin(now: number, tried: readonly Member[], signal: OwnSignal, expendable: boolean): OpenAttempt | undefined {
    const member = choose(this.#roster.candidates(tried, now), now, this.#random)
    if (!member) return undefined
    // Without a second member there is nothing to retry on, and nothing to count.
    if (tried.length === 0 && this.#roster.members.size > 1) this.#ownBudget().call(now)
    member.turn = ++this.#turn
    member.attempts++
    const attempt = {
      member,
      startedAt: now,
      tried: tried.length === 0 ? [member] : [...tried, member],
      signal,
      expendable,
      firstChunkAt: undefined,
      paid: false,
      place: -1,
    }
    member.open.add(attempt)
    return attempt
  }

  /** Learns from an attempt's end; `error` is undefined when it answered, `waiting` is the replica's own report. See `blame` for faults. */
  end(attempt: OpenAttempt, end: AttemptEnd, now: number, error?: AstraError, waiting?: number): void {
    const { member, startedAt, firstChunkAt } = attempt
    if (waiting !== undefined) takeReport(member, waiting, now)
    member.open.delete(attempt)
    if (error) this.#learnFailure(attempt, end, now, error)
    else {
      // How long a stream goes on is its reader's doing.
      observe(member.latency, (firstChunkAt ?? now) - startedAt, now)
      member.faultsInRow = 0
      member.busyUntil = Number.NEGATIVE_INFINITY
    }
    if (member.drainingAt !== undefined && member.open.size === 0) this.#forget(member)
  }

  /** An attempt's fault is its replica's: some in a row, and it is left alone for a while. */
  blame(member: Member, error: AstraError, now: number): void {
    // Of one that is ejected or down nothing else was to be expected.
    if (!this.#roster.takesCalls(member, now)) return
    member.faultsInRow++
    member.fault = { reason: operatorReason(error), at: now }
    if (member.faultsInRow < faultsMax || !this.#roster.mayEject(member, now)) return
    eject(member, now)
    this.#roster.changed()
  }

  /** Whether there is another replica for a call that tried these. */
  hasOther(tried: readonly Member[], now: number): boolean {
    return this.#roster.candidates(tried, now).length > 0
  }

  /** Pays for the attempt that follows this one; false when the retry budget is spent. */
  payRetry(attempt: OpenAttempt, now: number): boolean {
    if (attempt.paid) return true
    let inFlight = 0
    for (const { open } of this.#roster.members.values()) inFlight += open.size
    attempt.paid = this.#ownBudget().take(now, inFlight)
    return attempt.paid
  }

  /** By endpoint, the manifest's entry that it comes from. */
  setMembers(wanted: ReadonlyMap<Endpoint, string>, now: number): void {
    const { members } = this.#roster
    // Who is there from the beginning has nobody to leave the calls to.
    const why = this.isEmpty ? undefined : 'it joined'
    for (const [endpoint, source] of wanted) {
      const known = members.get(endpoint)
      if (!known) members.set(endpoint, newMember(endpoint, source, now, why))
      else {
        known.source = source
        if (known.drainingAt !== undefined) comeBack(known, 'it joined again', now)
        known.drainingAt = undefined
      }
    }
    for (const member of [...members.values()]) {
      if (wanted.has(member.endpoint)) continue
      member.drainingAt ??= now
      if (member.open.size === 0) this.#forget(member)
    }
    this.#roster.keepEjectionsBounded(now)
    this.#roster.changed()
  }

  setBarred(address: string, reason: string | undefined, now: number): void {
    const { barred, members } = this.#roster
    if (reason !== undefined) barred.set(address, { reason, at: barred.get(address)?.at ?? now })
    else if (barred.delete(address)) {
      for (const member of members.values())
        if (member.endpoint.address === address) comeBack(member, 'it serves again what was applied', now)
    }
    this.#roster.changed()
  }

  /**
   * Aborts what an endpoint that fell silent has not begun to answer, so that it is made again elsewhere; what could not be made
   * again may as well wait for it.
   */
  wentDown(endpoint: Endpoint, fault: HealthFault, now: number): void {
    this.#roster.changed()
    if (!fault.silent) return
    const reason = `${endpoint.address} fails its health checks: ${fault.reason}`
    for (const attempt of [...(this.#roster.members.get(endpoint)?.open ?? [])]) {
      const { expendable, firstChunkAt, signal, tried } = attempt
      if (!expendable || firstChunkAt !== undefined || signal.aborted) continue
      if (!this.#roster.hasOther(tried, now) || !this.payRetry(attempt, now)) continue
      signal.abort(new AstraError('upstream_failed', { unanswered: true, reason }))
    }
  }

  cameBack(endpoint: Endpoint, now: number): void {
    const member = this.#roster.members.get(endpoint)
    if (member) comeBack(member, 'its health checks pass again', now)
    this.#roster.changed()
  }

  status(clock: Clock): readonly ReplicaStatus[] {
    const { members, barred } = this.#roster
    return [...members.values()].map((member) => statusOf(member, barred.get(member.endpoint.address), clock))
  }

  #learnFailure({ member, firstChunkAt, startedAt }: OpenAttempt, end: AttemptEnd, now: number, error: AstraError) {
    const { fault, suspicious } = attemptEnds[end]
    const tookMs = now - startedAt
    // Past its time limit it takes at least so long, which says nothing of one that usually takes longer.
    if (end === 'late' && firstChunkAt === undefined && tookMs > (member.latency.ms ?? 0))
      observe(member.latency, tookMs, now)
    if (end === 'busy') takeRefusal(member, error.facts.retryAfterMs ?? 0, now)
    if (!fault) return
    member.failures++
    if (suspicious && !member.endpoint.down) this.#events.suspicious(member.endpoint)
  }

  #ownBudget(): RetryBudget {
    this.#budget ??= createRetryBudget()
    return this.#budget
  }

  #forget(member: Member): void {
    this.#roster.members.delete(member.endpoint)
    this.#roster.barred.delete(member.endpoint.address)
    this.#roster.changed()
    this.#events.left(member.endpoint, this)
  }
}
