import type { DatabaseSync } from 'node:sqlite'
import type { ExperimentRun } from '../../../kernel/experiment.ts'
import { runKey, runsOfName } from '../../experiment-run.ts'
import { transact } from '../open-database.ts'

const tables = {
  experiment_arms: 'experiment, epoch, arm',
  experiment_buckets: 'experiment, epoch, arm, metric, bucket',
  experiment_values: 'experiment, epoch, unit, arm, metric, source',
  experiment_units: 'experiment, epoch, unit, arm',
} as const

/** Rows at once: Records wait for so long. */
const rowsMax = 20_000

/** Deletes a part of what is known of an experiment, whenever it began or of that start: to be asked until it says that nothing is left. */
export function evidenceForgetter(db: DatabaseSync): (run: ExperimentRun) => boolean {
  const deletes = Object.entries(tables).map(([table, key]) => {
    const where = (run: string) => `SELECT ${key} FROM ${table} WHERE ${run}`
    const rows = `${where('experiment = ?')} UNION ALL ${where('experiment >= ? AND experiment < ?')} LIMIT ?`
    return db.prepare(`DELETE FROM ${table} WHERE (${key}) IN (${rows})`)
  })
  return (run) => {
    const [from, to] = run.startedAt === undefined ? runsOfName(run.experiment) : ['', '']
    return transact(db, () => {
      for (const remove of deletes) {
        if (Number(remove.run(runKey(run), from, to, rowsMax).changes) === rowsMax) return true
      }
      return false
    })
  }
}
