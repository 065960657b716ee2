import type { DatabaseSync } from 'node:sqlite'
import type { Accumulator, ArmEvidence, CircuitCounts } from '@astraapi/statistics'
import type { ArmTotals, EpochEvidence, ExperimentMetric, ExperimentRun } from '../../../kernel/experiment.ts'
import { runKey, runOf } from '../../experiment-run.ts'
import { countedOf } from '../../value-buckets.ts'
import { latest, type RecentCall } from './arm-rows.ts'
import { metricReader } from './read-metric.ts'

export interface EvidenceQuery {
  readonly run: ExperimentRun
  readonly metrics: readonly ExperimentMetric[]
  readonly frozenBy: number
}

/** Reads what is known of an experiment's units. */
export function evidenceReader(db: DatabaseSync) {
  const metricOf = metricReader(db)
  const unitsOf = db.prepare(`
    SELECT epoch, arm, count(*) AS assigned, total(judged > 0) AS judged, total(until <= ?) AS frozen FROM experiment_units
    WHERE experiment = ? GROUP BY epoch, arm`)
  const beyondOf = db.prepare(
    'SELECT epoch, sum(beyond) AS beyond FROM experiment_arms WHERE experiment = ? GROUP BY epoch HAVING sum(beyond) > 0',
  )
  const armsOf = db.prepare('SELECT arm, calls, server_errors, recent FROM experiment_arms WHERE experiment = ?')

  const totalsOf = db.prepare(`
    SELECT arm, total(units) AS units, total(beyond) AS beyond, total(calls) AS calls, total(server_errors) AS failed,
      total(cost_usd) AS cost FROM experiment_arms WHERE experiment = ? GROUP BY arm`)
  const latenciesOf = db.prepare(`
    SELECT bucket, total(n) AS n FROM experiment_buckets
    WHERE experiment = ? AND arm = ? AND metric = 'latency' GROUP BY bucket HAVING total(n) > 0 ORDER BY bucket`)
  const keys = db.prepare('SELECT DISTINCT experiment FROM experiment_arms')

  return {
    evidence({ run, metrics, frozenBy }: EvidenceQuery): readonly EpochEvidence[] {
      const experiment = runKey(run)
      const known = metrics.map((metric) => ({ metric, arms: metricOf(experiment, metric, frozenBy) }))
      const beyond = new Map(beyondOf.all(experiment).map((row) => [Number(row.epoch), Number(row.beyond)]))
      const epochs = Map.groupBy(unitsOf.all(frozenBy, experiment), (row) => Number(row.epoch))
      return [...epochs].map(([epoch, rows]) => ({
        epoch,
        ...(beyond.has(epoch) ? { beyond: beyond.get(epoch) ?? 0 } : {}),
        arms: Object.fromEntries(
          rows.map((row): [string, ArmEvidence] => {
            const arm = String(row.arm)
            const found = known.map(({ metric, arms }) => {
              const here = arms.find((one) => one.epoch === epoch && one.arm === arm)
              return { metric, accumulator: here?.accumulator }
            })
            const values = found.flatMap(({ metric, accumulator }): [string, number][] =>
              'feedback' in metric.from ? [[metric.name, unitsIn(accumulator)]] : [],
            )
            const evidence = {
              assigned: Number(row.assigned),
              withFeedback: Number(row.judged),
              frozen: { units: Number(row.frozen), withValue: Object.fromEntries(values) },
              metrics: Object.fromEntries(
                found.flatMap(({ metric, accumulator }) => (accumulator ? [[metric.name, accumulator]] : [])),
              ),
            }
            return [arm, evidence]
          }),
        ),
      }))
    },
    circuit(run: ExperimentRun): Readonly<Record<string, CircuitCounts>> {
      const arms = Map.groupBy(armsOf.all(runKey(run)), (row) => String(row.arm))
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
    totals(run: ExperimentRun): Readonly<Record<string, ArmTotals>> {
      const experiment = runKey(run)
      return Object.fromEntries(
        totalsOf.all(experiment).map((row) => {
          const arm = String(row.arm)
          const buckets = latenciesOf
            .all(experiment, arm)
            .map(({ bucket, n }) => ({ bucket: Number(bucket), n: Number(n) }))
          const totals: ArmTotals = {
            units: Number(row.units),
            beyond: Number(row.beyond),
            calls: Number(row.calls),
            failed: Number(row.failed),
            costUsd: Number(row.cost),
          }
          return [arm, buckets.length > 0 ? { ...totals, latencies: countedOf(buckets) } : totals]
        }),
      )
    },
    runs: (): readonly ExperimentRun[] => keys.all().map(({ experiment }) => runOf(String(experiment))),
  }
}

/** That have a value of it: of feedback there are no quantiles. */
function unitsIn(found: Accumulator | undefined): number {
  if (found === undefined || found.type === 'quantile') return 0
  return found.type === 'rate' ? found.counts.n : found.moments.n
}
