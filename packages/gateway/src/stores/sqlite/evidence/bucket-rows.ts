import type { DatabaseSync } from 'node:sqlite'
import { type CountedMetric, countedMetrics, type EvidenceFacts, valuesIn } from '../../evidence-sums.ts'
import { bucketOfValue, ValueBuckets } from '../../value-buckets.ts'
import type { ArmKey } from './arm-rows.ts'

/** Counts of the values of units' first calls, of a batch at a time. */
export function bucketRows(db: DatabaseSync) {
  const upsert = db.prepare(`
    INSERT INTO experiment_buckets (experiment, epoch, arm, metric, bucket, n) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (experiment, epoch, arm, metric, bucket) DO UPDATE SET n = n + excluded.n`)
  const held = new Map<string, { key: ArmKey; metric: CountedMetric; buckets: ValueBuckets }>()

  return {
    add(key: ArmKey, facts: EvidenceFacts): void {
      const values = valuesIn(facts)
      for (const metric of countedMetrics) {
        const value = values[metric]
        if (value === undefined) continue
        const text = `${key.experiment}\0${key.epoch}\0${key.arm}\0${metric}`
        let here = held.get(text)
        if (!here) {
          here = { key, metric, buckets: new ValueBuckets() }
          held.set(text, here)
        }
        here.buckets.add(value)
      }
    },
    remove({ experiment, epoch, arm }: ArmKey, facts: EvidenceFacts): void {
      const values = valuesIn(facts)
      for (const metric of countedMetrics) {
        const value = values[metric]
        const bucket = value === undefined ? undefined : bucketOfValue(value)
        if (bucket !== undefined) upsert.run(experiment, epoch, arm, metric, bucket, -1)
      }
    },
    save(): void {
      for (const { key, metric, buckets } of held.values()) {
        for (const { bucket, n } of buckets.counts()) upsert.run(key.experiment, key.epoch, key.arm, metric, bucket, n)
      }
      held.clear()
    },
    drop: () => held.clear(),
  }
}
