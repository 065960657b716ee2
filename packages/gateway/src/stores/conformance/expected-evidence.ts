import assert from 'node:assert/strict'
import { addPair, addValue, emptyMoments, emptyPairs } from '@astraapi/statistics'
import type { EpochEvidence, ExperimentMetric } from '../../kernel/experiment.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'

const shared = { kind: 'guardrail', optimise: 'min' } as const

/** One metric of each kind. */
export const sampleMetrics: readonly ExperimentMetric[] = [
  { ...shared, name: 'errors', type: 'ratio', from: { record: 'errors' } },
  { ...shared, name: 'cost', type: 'mean', from: { record: 'cost' } },
  { ...shared, name: 'latency-p95', type: 'quantile', quantile: 0.95, from: { record: 'latency' } },
  { ...shared, name: 'score', type: 'mean', from: { feedback: 'score' } },
  { ...shared, name: 'truth', type: 'mean', from: { feedback: 'score', source: 'ground_truth' } },
]

interface Unit {
  readonly until: number
  readonly calls: readonly CallRecord[]
  readonly said: readonly Feedback[]
}

/** By definition, with all that was ever written at hand: of one epoch and arm. Numbers that are sums come out but for rounding. */
export function expectedArm(calls: readonly CallRecord[], feedback: readonly Feedback[], frozenBy: number) {
  const units = [...Map.groupBy(calls, ({ enrolment }) => enrolment?.unit).values()].map((all): Unit => {
    const first = Math.min(...all.map(({ time }) => time))
    const until = first + (all[0]?.enrolment?.attributionMs ?? 0)
    const within = all.filter(({ time }) => time < until)
    const said = feedback.filter(({ callId, time }) => time < until && within.some(({ id }) => id === callId))
    return { until, calls: within, said }
  })
  const frozen = units.filter(({ until }) => until <= frozenBy)
  let errors = emptyPairs
  let cost = emptyMoments
  for (const { calls } of frozen) {
    const ended = calls.filter(({ outcome }) => outcome !== 'cancelled')
    if (ended.length > 0)
      errors = addPair(errors, ended.filter(({ outcome }) => outcome === 'failed').length, ended.length)
    cost = addValue(cost, meanOf(calls.map(({ costUsd = 0 }) => costUsd)))
  }
  const means = (told: (one: Feedback) => boolean) =>
    frozen
      .map(({ said }) => said.filter(told).map(({ value }) => Number(value)))
      .filter((values) => values.length > 0)
      .reduce((moments, values) => addValue(moments, meanOf(values)), emptyMoments)
  return {
    assigned: units.length,
    withFeedback: units.filter(({ said }) => said.length > 0).length,
    frozen: frozen.length,
    errors,
    cost,
    // Of each unit's first call alone.
    latencies: units
      .flatMap(({ calls }) => calls.toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1)).slice(0, 1))
      .filter(({ outcome }) => outcome === 'ok'),
    score: means(() => true),
    truth: means(({ source }) => source === 'ground_truth'),
  }
}

/** Fails unless what was read of an epoch's arm is what it should be. */
export function assertArm(
  read: EpochEvidence | undefined,
  arm: string,
  expected: ReturnType<typeof expectedArm>,
): void {
  const { assigned = 0, withFeedback = 0, frozen, metrics = {} } = read?.arms[arm] ?? {}
  assert.deepEqual({ assigned, withFeedback }, { assigned: expected.assigned, withFeedback: expected.withFeedback })
  const { units = 0, withValue: { score = 0, truth = 0, ...others } = {} } = frozen ?? {}
  assert.deepEqual([units, score, truth, others], [expected.frozen, expected.score.n, expected.truth.n, {}])
  for (const name of ['errors', 'cost', 'score', 'truth'] as const) {
    const found = metrics[name]
    const moments = found && 'moments' in found ? found.moments : emptyPairs
    assertClose(moments, expected[name], name)
  }
  const counted = metrics['latency-p95']
  const values = counted?.type === 'quantile' ? counted.values : undefined
  const { edges, counts } = values?.kind === 'buckets' ? values : { edges: [], counts: [] }
  const within = (low: number, high: number) =>
    expected.latencies.filter(({ latencyMs }) => latencyMs > low && latencyMs <= high).length
  assert.deepEqual(
    counts,
    edges.slice(1).map((edge, at) => within(edges[at] ?? 0, edge)),
  )
  assert.equal(
    counts.reduce((sum, n) => sum + n, 0),
    expected.latencies.length,
  )
}

function assertClose(found: object, expected: object, name: string): void {
  for (const [key, value] of Object.entries(expected)) {
    const other: unknown = (found as Record<string, unknown>)[key]
    if (typeof value === 'object') assertClose(other as object, value, name)
    else
      assert.ok(
        Math.abs(Number(other) - value) <= 1e-6 * (1 + Math.abs(value)),
        `${name} ${key}: ${other}, not ${value}`,
      )
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
