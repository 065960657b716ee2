import type { DatabaseSync } from 'node:sqlite'
import type { Enrolment } from '../../../kernel/experiment.ts'
import { type UnitSums, unitSums } from '../../evidence-sums.ts'

/** A unit in an arm: one that got into two arms has two rows. */
export type UnitKey = Pick<Enrolment, 'experiment' | 'epoch' | 'unit' | 'arm'>

export interface UnitRow extends UnitSums {
  first_at: number
  /** The end of its attribution window: calls and feedback from then on are in no sum. */
  until: number
  /** Nothing in the sums is later. */
  last_at: number
  /** Judgements in its sums. */
  judged: number
}

export type UnitRows = ReturnType<typeof unitRows>

const columns = ['first_at', 'until', 'last_at', 'judged', ...unitSums] as const
const keyColumns = 'experiment, epoch, unit, arm'

export function keyText({ experiment, epoch, unit, arm }: UnitKey): string {
  return `${experiment}\0${epoch}\0${unit}\0${arm}`
}

/** The units that a batch touches: read once, changed in memory, written once. */
export function unitRows(db: DatabaseSync) {
  const select = db.prepare(`
    SELECT ${columns.join(', ')} FROM experiment_units WHERE experiment = ? AND epoch = ? AND unit = ? AND arm = ?`)
  const replace = db.prepare(`
    INSERT OR REPLACE INTO experiment_units (${keyColumns}, ${columns.join(', ')})
    VALUES (?, ?, ?, ?, ${columns.map(() => '?').join(', ')})`)
  const remove = db.prepare('DELETE FROM experiment_units WHERE experiment = ? AND epoch = ? AND unit = ? AND arm = ?')
  const held = new Map<string, { readonly key: UnitKey; readonly row: UnitRow }>()

  return {
    find(key: UnitKey): UnitRow | undefined {
      const text = keyText(key)
      const known = held.get(text)
      if (known) return known.row
      // The columns are those of the interface, and only this module writes them.
      const row = select.get(key.experiment, key.epoch, key.unit, key.arm) as unknown as UnitRow | undefined
      if (row) held.set(text, { key, row })
      return row
    },
    add(key: UnitKey, row: UnitRow): UnitRow {
      held.set(keyText(key), { key, row })
      return row
    },
    /** At once, as it is rare. */
    remove(key: UnitKey): void {
      held.delete(keyText(key))
      remove.run(key.experiment, key.epoch, key.unit, key.arm)
    },
    save(): void {
      for (const { key, row } of held.values()) {
        replace.run(key.experiment, key.epoch, key.unit, key.arm, ...columns.map((name) => row[name]))
      }
      held.clear()
    },
    /** Lets go of what a batch that failed left behind. */
    drop: () => held.clear(),
  }
}
