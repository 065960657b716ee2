import type { DatabaseSync } from 'node:sqlite'
import type { Accumulator, ArmEvidence, CircuitCounts } from '@astraapi/statistics'
import type { EpochEvidence, ExperimentMetric } from '../../../kernel/experiment.ts'
import { latest, type RecentCall } from './arm-rows.ts'
import { metricReader } from './read-metric.ts'

export interface EvidenceQuery {
  readonly experiment: string
  readonly metrics: readonly ExperimentMetric[]
  readonly frozenBy: number
}

/** Reads what is known of an experiment's units. */
export function evidenceReader(db: DatabaseSync) {
  const metricOf = metricReader(db)
  const unitsOf = db.prepare(`
    SELECT epoch, arm, count(*) AS assigned, total(judged > 0) AS judged FROM experiment_units
    WHERE experiment = ? GROUP BY epoch, arm`)
  const beyondOf = db.prepare(
    'SELECT epoch, sum(beyond) AS beyond FROM experiment_arms WHERE experiment = ? GROUP BY epoch HAVING sum(beyond) > 0',
  )
  const armsOf = db.prepare('SELECT arm, calls, server_errors, recent FROM experiment_arms WHERE experiment = ?')

  return {
    evidence({ experiment, metrics, frozenBy }: EvidenceQuery): readonly EpochEvidence[] {
      const known = metrics.map((metric) => ({ name: metric.name, arms: metricOf(experiment, metric, frozenBy) }))
      const beyond = new Map(beyondOf.all(experiment).map((row) => [Number(row.epoch), Number(row.beyond)]))
      const epochs = Map.groupBy(unitsOf.all(experiment), (row) => Number(row.epoch))
      return [...epochs].map(([epoch, rows]) => ({
        epoch,
        ...(beyond.has(epoch) ? { beyond: beyond.get(epoch) ?? 0 } : {}),
        arms: Object.fromEntries(
          rows.map((row): [string, ArmEvidence] => {
            const arm = String(row.arm)
            const found = known.flatMap(({ name, arms }): [string, Accumulator][] =>
              arms.filter((one) => one.epoch === epoch && one.arm === arm).map((one) => [name, one.accumulator]),
            )
            const counts = { assigned: Number(row.assigned), withFeedback: Number(row.judged) }
            return [arm, { ...counts, metrics: Object.fromEntries(found) }]
          }),
        ),
      }))
    },
    circuit(experiment: string): Readonly<Record<string, CircuitCounts>> {
      const arms = Map.groupBy(armsOf.all(experiment), (row) => String(row.arm))
      return Object.fromEntries(
        [...arms].map(([arm, rows]) => {
          const recent = rows.flatMap((row): readonly RecentCall[] => JSON.parse(String(row.recent)))
          return [
            arm,
            {
              calls: rows.reduce((sum, row) => sum + Number(row.calls), 0),
              serverErrors: rows.reduce((sum, row) => sum + Number(row.server_errors), 0),
              recentFailures: latest(recent).map(([, , failed]) => failed),
            },
          ]
        }),
      )
    },
  }
}
