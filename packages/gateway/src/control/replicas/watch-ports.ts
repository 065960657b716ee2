import type { Clock } from '../../kernel/clock.ts'
import type { ReplicaFleet } from '../../kernel/replicas.ts'
import type { Gate } from './gate.ts'
import type { Later } from './later.ts'

/** What those who watch replicas share. */
export interface WatchPorts {
  readonly fleet: ReplicaFleet
  readonly clock: Pick<Clock, 'elapsed'>
  readonly later: Later
  /** In [0, 1): spreads probes out. */
  readonly random: () => number
  readonly log: WatchLog
  /** At most so many probes, and so many inspections, are under way at once. */
  readonly probing: Gate
  readonly verifying: Gate
}

/** Each change of state once, with its reason. */
export type WatchLog = Readonly<
  Record<'info' | 'warn' | 'error', (facts: Readonly<Record<string, unknown>>, message: string) => void>
>
