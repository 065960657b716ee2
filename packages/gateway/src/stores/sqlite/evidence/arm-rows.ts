import type { DatabaseSync } from 'node:sqlite'
import { circuitWindow } from '@astraapi/statistics'
import { armFailed } from '../../../kernel/arm-outcome.ts'
import type { Enrolment } from '../../../kernel/experiment.ts'
import type { EvidenceFacts } from '../../evidence-sums.ts'

export type ArmKey = Pick<Enrolment, 'experiment' | 'epoch' | 'arm'>

/** A call that has ended: when (ms since the Unix epoch), its id, and whether it failed. */
export type RecentCall = readonly [number, string, boolean]

/** What is known of an arm whichever the unit: what the circuit looks at, and how much there is. */
export interface ArmRow {
  units: number
  /** Calls of units past the bound. */
  beyond: number
  calls: number
  server_errors: number
  cost_usd: number
  /** Those of the batch, and the latest that ended before. */
  readonly recent: RecentCall[]
}

/** The arms that a batch touches: read once, changed in memory, written once. */
export function armRows(db: DatabaseSync) {
  const select = db.prepare(`
    SELECT units, beyond, calls, server_errors, cost_usd, recent FROM experiment_arms
    WHERE experiment = ? AND epoch = ? AND arm = ?`)
  const replace = db.prepare(`
    INSERT OR REPLACE INTO experiment_arms (experiment, epoch, arm, units, beyond, calls, server_errors, cost_usd, recent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const count = db.prepare('SELECT total(units) AS units FROM experiment_arms WHERE experiment = ?')
  const stored = db.prepare('SELECT epoch, arm FROM experiment_arms WHERE experiment = ?')
  const held = new Map<string, { readonly key: ArmKey; readonly row: ArmRow }>()
  /** As the table had them when the batch began, by experiment. */
  const before = new Map<string, readonly ArmKey[]>()
  /** Of all arms and epochs, by experiment. */
  const units = new Map<string, number>()

  const unitsOf = (experiment: string): number => units.get(experiment) ?? Number(count.get(experiment)?.units)

  const storedOf = (experiment: string): readonly ArmKey[] => {
    const known = before.get(experiment)
    if (known) return known
    const found = stored
      .all(experiment)
      .map(({ epoch, arm }) => ({ experiment, epoch: Number(epoch), arm: String(arm) }))
    before.set(experiment, found)
    return found
  }
  const drop = () => {
    for (const kept of [held, units, before]) kept.clear()
  }

  return {
    /** Those of its experiment's other epochs; some may come twice. */
    ofOtherEpochs({ experiment, epoch }: ArmKey): readonly ArmKey[] {
      const fresh = [...held.values()].map(({ key }) => key).filter((key) => key.experiment === experiment)
      return [...storedOf(experiment), ...fresh].filter((key) => key.epoch !== epoch)
    },
    find(key: ArmKey): ArmRow {
      const text = `${key.experiment}\0${key.epoch}\0${key.arm}`
      const known = held.get(text)
      if (known) return known.row
      const kept = select.get(key.experiment, key.epoch, key.arm)
      const row: ArmRow = kept
        ? { ...(kept as unknown as ArmRow), recent: JSON.parse(String(kept.recent)) }
        : { units: 0, beyond: 0, calls: 0, server_errors: 0, cost_usd: 0, recent: [] }
      held.set(text, { key, row })
      return row
    },
    unitsOf,
    /** `by` -1 takes one out again. */
    addUnits({ experiment }: ArmKey, row: ArmRow, by: 1 | -1): void {
      units.set(experiment, unitsOf(experiment) + by)
      row.units += by
    },
    save(): void {
      for (const { key, row } of held.values()) {
        const { units, beyond, calls, server_errors, cost_usd, recent } = row
        const kept = JSON.stringify(latest(recent))
        replace.run(key.experiment, key.epoch, key.arm, units, beyond, calls, server_errors, cost_usd, kept)
      }
      drop()
    },
    drop,
  }
}

/** Adds what a call says of its arm, if anything. By its end: what hangs is known to fail when it does, not when it began. */
export function addToArm(row: ArmRow, facts: EvidenceFacts): void {
  row.cost_usd += facts.costUsd ?? 0
  const failed = armFailed(facts, facts.enrolment.arm)
  if (failed === undefined) return
  row.calls += 1
  if (failed) row.server_errors += 1
  row.recent.push([facts.time + facts.latencyMs, facts.id, failed])
}

/** The last that ended, whatever the order in which they came; oldest first. */
export function latest(calls: readonly RecentCall[]): readonly RecentCall[] {
  return calls.toSorted(([a, idA], [b, idB]) => a - b || (idA < idB ? -1 : 1)).slice(-circuitWindow)
}
