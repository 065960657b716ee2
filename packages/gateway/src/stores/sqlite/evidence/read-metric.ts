import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Accumulator } from '@astraapi/statistics'
import type { ExperimentMetric } from '../../../kernel/experiment.ts'
import { metricSums } from '../../evidence-sums.ts'
import { UnitMoments } from '../../unit-moments.ts'
import { type BucketCount, countedOf } from '../../value-buckets.ts'

export interface MetricOfArm {
  readonly epoch: number
  readonly arm: string
  readonly accumulator: Accumulator
}

type UnitValue = readonly [epoch: number, arm: string, sum: number, per: number]

/** What is known of one metric, by epoch and arm; means, rates and ratios of the units whose window has ended by `frozenBy`. */
export function metricReader(db: DatabaseSync) {
  const feedback = db.prepare(`
    SELECT v.epoch, v.arm, total(v.sum), total(v.n)
    FROM experiment_values AS v JOIN experiment_units AS u
      ON u.experiment = v.experiment AND u.epoch = v.epoch AND u.unit = v.unit AND u.arm = v.arm
    WHERE v.experiment = ? AND v.metric = ? AND v.source = coalesce(?, v.source) AND u.until <= ?
    GROUP BY v.experiment, v.epoch, v.unit, v.arm HAVING total(v.n) > 0`)
  const buckets = db.prepare(`
    SELECT epoch, arm, bucket, n FROM experiment_buckets WHERE experiment = ? AND metric = ? AND n > 0
    ORDER BY epoch, arm, bucket`)

  function unitValues(experiment: string, { from }: ExperimentMetric, frozenBy: number): Iterable<UnitValue> {
    if ('feedback' in from) return valuesOf(feedback, experiment, from.feedback, from.source ?? null, frozenBy)
    // Names of our own table.
    const { sum, per } = metricSums[from.record]
    const units = db.prepare(
      `SELECT epoch, arm, ${sum}, ${per} FROM experiment_units WHERE experiment = ? AND until <= ? AND ${per} > 0`,
    )
    return valuesOf(units, experiment, frozenBy)
  }

  function counts(experiment: string, { from }: ExperimentMetric): readonly MetricOfArm[] {
    // Of what units say there are means only.
    if ('feedback' in from) return []
    const rows = buckets.all(experiment, from.record)
    return [...Map.groupBy(rows, ({ epoch, arm }) => `${epoch}\0${arm}`).values()].map((rows) => {
      const counted: readonly BucketCount[] = rows.map(({ bucket, n }) => ({ bucket: Number(bucket), n: Number(n) }))
      const { epoch, arm } = rows[0] ?? {}
      return { epoch: Number(epoch), arm: String(arm), accumulator: { type: 'quantile', values: countedOf(counted) } }
    })
  }

  return (experiment: string, metric: ExperimentMetric, frozenBy: number): readonly MetricOfArm[] => {
    const { type } = metric
    if (type === 'quantile') return counts(experiment, metric)
    const epochs = new Map<number, Map<string, UnitMoments>>()
    for (const [epoch, arm, sum, per] of unitValues(experiment, metric, frozenBy)) {
      const arms = epochs.get(epoch) ?? new Map<string, UnitMoments>()
      const moments = arms.get(arm) ?? new UnitMoments(type)
      moments.add(sum, per)
      if (moments.n === 1) epochs.set(epoch, arms.set(arm, moments))
    }
    return [...epochs].flatMap(([epoch, arms]) =>
      [...arms].map(([arm, moments]) => ({ epoch, arm, accumulator: moments.accumulator() })),
    )
  }
}

/** Rows as arrays take half the time of objects. */
function valuesOf(statement: StatementSync, ...parameters: (string | number | null)[]): Iterable<UnitValue> {
  statement.setReturnArrays(true)
  return statement.iterate(...parameters) as Iterable<unknown> as Iterable<UnitValue>
}
