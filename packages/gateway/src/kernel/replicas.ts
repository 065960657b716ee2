/**
 * The replicas of every version as this gateway sees them; another gateway may see them differently. Dispatch chooses among
 * them and learns from its attempts; what watches over them (health checks, discovery, digests) tells what it found out.
 */
export interface ReplicaFleet {
  /**
   * Who serves a version from now on, by `versionKey`. A member that is new takes a growing part of the calls; one that is
   * left out drains: it gets no new attempt, and those in flight end in peace. With no members at all the version is forgotten
   * as soon as it has drained.
   */
  setMembers(version: string, members: readonly ReplicaMember[]): void
  /**
   * A health check failed, or passed. Concerns every version that the address serves, and stops new attempts. What a silent one
   * has not begun to answer is made again elsewhere, where that is safe.
   */
  setHealth(backend: string, address: string, fault: HealthFault | undefined): void
  /** The address must not serve this version, as it is not what was applied; undefined lifts that. */
  setBarred(version: string, address: string, reason: string | undefined): void
  status(version: string): readonly ReplicaStatus[]
  /** Called when an attempt broke off without an answer: whoever checks health may want to look at once. */
  onSuspicion(listener: (backend: string, address: string) => void): void
  /** Called when the last attempt at an address that no version has any more has ended. */
  onDrained(listener: (backend: string, address: string) => void): void
}

export interface HealthFault {
  readonly reason: string
  /**
   * Nothing came back, so that attempts in flight there are lost. One that says that it is not ready, or refuses new connections,
   * may be stopping and answer what it has begun.
   */
  readonly silent: boolean
}

export interface ReplicaMember {
  readonly backend: string
  readonly address: string
  /** The manifest's entry that it comes from: the address itself, or the name that resolved to it. */
  readonly source: string
}

export interface ReplicaStatus {
  readonly address: string
  readonly source: string
  readonly state: ReplicaState
  /** Why it is in this state, for operators; undefined when it is ready. */
  readonly reason: string | undefined
  /** ms since the Unix epoch. */
  readonly since: number
  readonly inFlight: number
  /** Attempts begun since it joined. */
  readonly attempts: number
  /** Those of them that failed by the replica's fault. */
  readonly failures: number
  /** Moving average of the time that an attempt takes, ms; undefined before the first. */
  readonly latencyMs: number | undefined
  /** Calls that wait or run there, by its own report; undefined where it reports nothing. */
  readonly waiting: number | undefined
}

/** One table: what a state means, and whether attempts go there. */
export const replicaStates = {
  ready: { takesCalls: true, means: 'takes its share of the calls' },
  warming: { takesCalls: true, means: 'joined or came back: its share grows' },
  failing: { takesCalls: true, means: 'failed its last calls, and still gets them, as there is no other to take them' },
  down: { takesCalls: false, means: 'fails its health checks' },
  ejected: { takesCalls: false, means: 'failed too many calls in a row, and is left alone for a while' },
  barred: { takesCalls: false, means: 'serves other files than those applied, or was not compared with them yet' },
  draining: { takesCalls: false, means: 'was removed; calls in flight end' },
} as const satisfies Record<string, { readonly takesCalls: boolean; readonly means: string }>

export type ReplicaState = keyof typeof replicaStates
