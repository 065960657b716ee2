import type { OwnSignal } from '../own-signal.ts'
import { type Latency, noLatency } from './latency.ts'
import { OpenAttempts } from './open-attempts.ts'

/** One address of one backend, whichever versions it serves: health is the address's. */
export interface Endpoint {
  readonly backend: string
  readonly address: string
  /** It fails its health checks. */
  down: Fact | undefined
}

/** Why something is as it is, and since when (monotonic, ms). */
export interface Fact {
  readonly reason: string
  readonly at: number
}

/** An endpoint as one version sees it. All times are monotonic, ms. */
export interface Member {
  readonly endpoint: Endpoint
  /** The manifest's entry that it comes from. */
  source: string
  readonly joinedAt: number
  /** Attempts in flight. */
  readonly open: OpenAttempts
  attempts: number
  failures: number
  /** When it was chosen last, counted in choices. */
  turn: number
  readonly latency: Latency
  /** Its own report: calls that wait or run there, those of them that are not ours, and until when that is believed. */
  waiting: number | undefined
  others: number
  reportUntil: number
  /** It refused a call as busy: until then it is asked last. */
  busyUntil: number
  faultsInRow: number
  /** The last of them. */
  fault: Fact
  ejection: Ejection
  /** Since when its share grows, and why it had none. */
  warming: Fact
  /** Since when it is left out; undefined while it belongs to the version. */
  drainingAt: number | undefined
}

export interface Ejection {
  /** Ejections that are not forgotten yet. */
  readonly count: number
  readonly at: number
  readonly until: number
  readonly reason: string
}

/** An attempt in flight, as the fleet sees it. */
export interface OpenAttempt {
  readonly member: Member
  readonly startedAt: number
  /** Members that the call tried, this one included. */
  readonly tried: readonly Member[]
  readonly signal: OwnSignal
  /** Should it break off unanswered, the call may be made again elsewhere. */
  readonly expendable: boolean
  /** When its first chunk came. */
  firstChunkAt: number | undefined
  /** The retry budget has paid for the attempt that follows it. */
  paid: boolean
  /** Among those of its member. */
  place: number
}

const never = Number.NEGATIVE_INFINITY
const notEjected: Ejection = { count: 0, at: never, until: never, reason: '' }

/** `warming` is undefined for a member that is there from the beginning: it is ready at once. */
export function newMember(endpoint: Endpoint, source: string, now: number, warming: string | undefined): Member {
  return {
    endpoint,
    source,
    joinedAt: now,
    open: new OpenAttempts(),
    attempts: 0,
    failures: 0,
    turn: 0,
    latency: noLatency(),
    waiting: undefined,
    others: 0,
    reportUntil: never,
    busyUntil: never,
    faultsInRow: 0,
    fault: { reason: '', at: never },
    ejection: notEjected,
    warming: warming === undefined ? { reason: '', at: never } : { reason: warming, at: now },
    drainingAt: undefined,
  }
}
