import type { DatabaseSync } from 'node:sqlite'
import { transact } from '../open-database.ts'

const tables = {
  experiment_arms: 'experiment, epoch, arm',
  experiment_buckets: 'experiment, epoch, arm, metric, bucket',
  experiment_values: 'experiment, epoch, unit, arm, metric, source',
  experiment_units: 'experiment, epoch, unit, arm',
} as const

/** Rows at once: Records wait for so long. */
const rowsMax = 20_000

/** Deletes a part of what is known of an experiment: to be asked again until it says that nothing is left. */
export function evidenceForgetter(db: DatabaseSync): (experiment: string) => boolean {
  const deletes = Object.entries(tables).map(([table, key]) =>
    db.prepare(`
      DELETE FROM ${table} WHERE experiment = ? AND (${key}) IN (SELECT ${key} FROM ${table} WHERE experiment = ? LIMIT ?)`),
  )
  return (experiment) =>
    transact(db, () => {
      for (const remove of deletes) {
        if (Number(remove.run(experiment, experiment, rowsMax).changes) === rowsMax) return true
      }
      return false
    })
}
