import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ArmTotals, Enrolment } from '../../kernel/experiment.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import type { Store } from '../../kernel/store.ts'
import type { NewPlace } from '../conformance.ts'
import { assertArm, expectedArm, sampleMetrics } from './expected-evidence.ts'
import { sampleCall, sampleFeedback, sampleId, start, withStore } from './samples.ts'

const attributionMs = 300
const enrolled: Enrolment = { experiment: 'spam-1.1', epoch: 1, arm: '1.1', unit: 'u1', attributionMs }

const nothing: ArmTotals = { units: 0, beyond: 0, calls: 0, failed: 0, costUsd: 0 }

const anyCall = fc.record({
  at: fc.nat(1000),
  unit: fc.constantFrom('u1', 'u2', 'u3'),
  arm: fc.constantFrom('1.0', '1.1'),
  epoch: fc.constantFrom(1, 2),
  outcome: fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const, 'cancelled' as const),
  latencyMs: fc.constantFrom(0, 0.5, 12, 13, 400),
  costUsd: fc.constantFrom(undefined, 0.001, 0.25),
  said: fc.option(
    fc.record({
      // Clocks of gateways differ.
      after: fc.integer({ min: -200, max: 500 }),
      value: fc.oneof(fc.boolean(), fc.integer({ min: -5, max: 5 }), fc.constant('good')),
      source: fc.constantFrom('user' as const, 'ground_truth' as const),
      early: fc.boolean(),
    }),
  ),
})
/** Calls as they come, in batches of which some come twice. */
const arrivals = fc.array(fc.record({ call: anyCall, again: fc.boolean(), ends: fc.boolean() }), { maxLength: 25 })

export function evidenceConformance(newPlace: NewPlace): void {
  test('evidence is the same whatever the order in which calls and feedback come, and however often', () =>
    withStore(newPlace, async (store) => {
      let n = 0
      await fc.assert(
        fc.asyncProperty(arrivals, fc.nat(1500), async (arriving, frozenAfter) => {
          const experiment = `e${n}`
          const all: CallRecord[] = []
          const said: Feedback[] = []
          for (const { call: given, again, ends } of arriving) {
            n += 1
            const { at, said: saying, unit, arm, epoch, ...fields } = given
            const time = start + at
            const enrolment = { experiment, epoch, arm, unit, attributionMs }
            const code = codeOf(fields.outcome)
            const attempts = sampleCall(n).attempts.map((attempt) => ({ ...attempt, version: arm, code }))
            const call = sampleCall(n, { ...fields, time, versionServed: arm, enrolment, code, attempts })
            const { after = 0, early = false, ...judged } = saying ?? {}
            const feedback = sampleFeedback({ callId: call.id, metric: 'score', time: time + after, ...judged })
            if (saying && early) await store.records.feedback(feedback)
            store.records.put(call)
            if (again) for (const one of all.slice(-5)) store.records.put(one)
            if (saying && !early) await store.records.feedback(feedback)
            if (again && said[0]) await store.records.feedback(said[0])
            if (ends) await store.records.flush()
            all.push(call)
            if (saying && typeof saying.value !== 'string') said.push(feedback)
          }
          await store.records.flush()
          await assertEvidence(store, experiment, { all, said, frozenBy: start + frozenAfter })
        }),
        { numRuns: 40 },
      )
    }))

  test('the last word on a call counts, if it came in time; one that comes late changes nothing any more', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const say = (value: number, time: number) =>
        records.feedback(sampleFeedback({ metric: 'score', value, time: start + time }))
      const score = async () => {
        const [epoch] = await reports.evidence({ experiment: 'spam-1.1' }, sampleMetrics, start + 10_000)
        const found = epoch?.arms['1.1']?.metrics.score
        return found?.type === 'mean' ? [found.moments.n, found.moments.mean] : undefined
      }
      records.put(sampleCall(1, { time: start, enrolment: enrolled }))
      await say(1, 10)
      await say(4, 20)
      await say(2, 15)
      assert.deepEqual(await score(), [1, 4])
      await say(9, attributionMs)
      assert.deepEqual(await score(), [1, 4])
      await say(3, attributionMs - 1)
      assert.deepEqual(await score(), [1, 3])
      const [kept] = await reports.feedback(sampleId(1))
      assert.equal(kept?.value, 9)
    }))

  test('a unit that got into two arms counts in both, and only what ran out is analysed', () =>
    withStore(newPlace, async ({ records, reports }) => {
      records.put(sampleCall(1, { enrolment: enrolled }))
      records.put(sampleCall(2, { enrolment: { ...enrolled, arm: '1.0' } }))
      await records.flush()
      const counts = async (frozenBy: number) => {
        const [epoch] = await reports.evidence({ experiment: 'spam-1.1' }, sampleMetrics, frozenBy)
        return ['1.0', '1.1'].map((arm) => {
          const errors = epoch?.arms[arm]?.metrics.errors
          return [epoch?.arms[arm]?.assigned, errors?.type === 'ratio' ? errors.moments.n : 0]
        })
      }
      assert.deepEqual(await counts(start + 1 + attributionMs), [[1, 0], [1, 1]]) // biome-ignore format: pairs
      assert.deepEqual(await counts(start + 2 + attributionMs), [[1, 1], [1, 1]]) // biome-ignore format: pairs
      assert.deepEqual(await reports.evidence({ experiment: 'another' }, sampleMetrics, start), [])
    }))

  test('a unit counts in its first epoch only, whichever Record of it comes first', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const put = (n: number, unit: string, epoch: number) =>
        records.put(sampleCall(n, { enrolment: { ...enrolled, unit, epoch } }))
      put(2, 'a', 2)
      put(3, 'b', 2)
      await records.feedback(sampleFeedback({ callId: sampleId(2), metric: 'score', value: 1 }))
      await records.flush()
      put(1, 'a', 1)
      await records.flush()
      put(4, 'a', 2)
      put(5, 'a', 3)
      await records.flush()
      const epochs = await reports.evidence({ experiment: 'spam-1.1' }, sampleMetrics, start + 10_000)
      const counts = epochs.map(({ epoch, arms: { '1.1': arm } }) => {
        const latency = arm?.metrics['latency-p95']
        const values = latency?.type === 'quantile' && latency.values.kind === 'buckets' ? latency.values.counts : []
        return [epoch, arm?.assigned, arm?.withFeedback, values.reduce((sum, n) => sum + n, 0)]
      })
      assert.deepEqual(counts, [
        [1, 1, 0, 1],
        [2, 1, 0, 1],
      ])
    }))

  test('of a unit the first call alone counts for quantiles, whichever Record comes first', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const put = (n: number, latencyMs: number, time: number) =>
        records.put(sampleCall(n, { time: start + time, latencyMs, enrolment: enrolled }))
      const assertOnly = async (ms: number) => {
        await records.flush()
        const [epoch] = await reports.evidence({ experiment: 'spam-1.1' }, sampleMetrics, start)
        const found = epoch?.arms['1.1']?.metrics['latency-p95']
        const { edges, counts } =
          found?.type === 'quantile' && found.values.kind === 'buckets' ? found.values : assert.fail()
        const within = counts.map((n, at) => (ms > (edges[at] ?? 0) && ms <= (edges[at + 1] ?? 0) ? n : -n))
        const sum = within.reduce((a, b) => a + b, 0)
        assert.equal(sum, 1, `${counts} in ${edges}`)
      }
      put(5, 500, 10)
      for (let n = 10; n < 60; n += 1) put(n, 9000, 10 + n)
      await assertOnly(500)
      put(4, 400, 10)
      await assertOnly(400)
      put(6, 600, 10)
      put(3, 300, 5)
      await assertOnly(300)
      put(7, 700, 6)
      await assertOnly(300)
    }))

  test('the circuit sees the calls that ended last, and nothing that a caller did', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const put = (n: number, given: Partial<CallRecord>) =>
        records.put(sampleCall(n, { versionServed: undefined, enrolment: enrolled, ...given }))
      put(1, { outcome: 'failed', code: 'timeout', latencyMs: 1000 })
      for (let n = 2; n <= 31; n += 1) put(n, { versionServed: '1.1', enrolment: { ...enrolled, epoch: 2 } })
      put(32, { outcome: 'refused', code: 'rate_limited' })
      put(33, { outcome: 'refused', code: 'limits_unavailable' })
      put(34, { outcome: 'refused', code: 'upstream_unavailable' })
      const [asked] = sampleCall(35).attempts
      assert.ok(asked)
      const saved = [
        { ...asked, version: '1.1', code: 'upstream_failed' },
        { ...asked, version: '1.0', code: undefined, role: 'fallback' },
      ] as const
      put(35, { versionServed: '1.0', attempts: saved })
      put(36, { outcome: 'cancelled', code: 'cancelled' })
      await records.flush()
      const { '1.1': circuit } = await reports.circuit({ experiment: 'spam-1.1' })
      assert.equal(circuit?.calls, 33)
      assert.equal(circuit?.serverErrors, 3)
      const failures = [...new Array(17).fill(false), true, true, true]
      assert.deepEqual(circuit?.recentFailures, failures)
      assert.deepEqual(await reports.circuit({ experiment: 'another' }), {})
    }))

  test('errors are what breaks a circuit, and nothing that a caller did', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const [asked] = sampleCall(1).attempts
      assert.ok(asked)
      const tried = (n: number, code: 'timeout' | 'upstream_failed', hurried?: true) => {
        const attempt = { ...asked, code, ...(hurried ? { hurried } : {}) }
        records.put(sampleCall(n, { outcome: 'failed', code, enrolment: enrolled, attempts: [attempt] }))
      }
      records.put(sampleCall(1, { enrolment: enrolled }))
      tried(2, 'upstream_failed')
      tried(3, 'timeout')
      tried(4, 'timeout', true)
      const without = { enrolment: enrolled, attempts: [] }
      records.put(sampleCall(5, { outcome: 'failed', code: 'invalid_input', ...without }))
      records.put(sampleCall(6, { outcome: 'refused', code: 'overloaded', ...without }))
      records.put(sampleCall(7, { outcome: 'refused', code: 'accounting_unavailable', ...without }))
      records.put(sampleCall(8, { cache: 'hit', ...without }))
      await records.flush()
      const [epoch] = await reports.evidence({ experiment: 'spam-1.1' }, sampleMetrics, start + 10_000)
      const errors = epoch?.arms['1.1']?.metrics.errors
      assert.ok(errors?.type === 'ratio')
      assert.deepEqual([errors.moments.mean, errors.moments.second.mean], [2, 4])
      const { '1.1': circuit } = await reports.circuit({ experiment: 'spam-1.1' })
      assert.deepEqual([circuit?.calls, circuit?.serverErrors], [3, 2])
    }))

  test('what arms got is told without their units: every call, whether its unit counts or not', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const put = (n: number, enrolment: Partial<Enrolment>, given: Partial<CallRecord> = {}) =>
        records.put(sampleCall(n, { costUsd: 0.5, ...given, enrolment: { ...enrolled, ...enrolment } }))
      put(1, { unit: 'a' }, { latencyMs: 10 })
      put(2, { unit: 'a', epoch: 2 }, { latencyMs: 10_000 })
      put(3, { unit: 'b', epoch: 2 }, { latencyMs: 30, outcome: 'failed', code: 'upstream_failed' })
      put(4, { unit: 'c', arm: '1.0' }, { outcome: 'cancelled', code: 'cancelled', costUsd: undefined })
      await records.flush()
      const { '1.0': control, '1.1': candidate } = await reports.totals({ experiment: 'spam-1.1' })
      assert.deepEqual({ ...control, latencies: undefined }, { ...nothing, units: 1, latencies: undefined })
      const { latencies, ...sums } = candidate ?? assert.fail()
      assert.deepEqual(sums, { ...nothing, units: 2, calls: 3, failed: 1, costUsd: 1.5 })
      const { counts } = latencies?.kind === 'buckets' ? latencies : assert.fail()
      assert.equal(
        counts.reduce((sum, n) => sum + n, 0),
        1,
        'of what was answered, the first of each unit',
      )
      assert.deepEqual(await reports.totals({ experiment: 'another' }), {})
    }))

  test('two that had one name share nothing, and go together or apart', () =>
    withStore(newPlace, async ({ records, reports, forgetExperiment }) => {
      const begun = (startedAt: number) => ({ ...enrolled, startedAt })
      records.put(sampleCall(1, { enrolment: begun(1000) }))
      records.put(sampleCall(2, { enrolment: begun(2000) }))
      records.put(sampleCall(3, { enrolment: { ...begun(2000), experiment: 'spam-1.10' } }))
      await records.feedback(sampleFeedback({ callId: sampleId(2), metric: 'score', value: 1 }))
      await records.flush()
      const assigned = async (startedAt: number, experiment = 'spam-1.1') => {
        const [epoch] = await reports.evidence({ experiment, startedAt }, sampleMetrics, start + 10_000)
        const { assigned, withFeedback } = epoch?.arms['1.1'] ?? {}
        return [assigned, withFeedback]
      }
      assert.deepEqual([await assigned(1000), await assigned(2000)], [[1, 0], [1, 1]]) // biome-ignore format: pairs
      assert.deepEqual((await reports.call(sampleId(2)))?.enrolment, begun(2000))
      const starts = async () => (await reports.runs()).map(({ startedAt = 0 }) => startedAt).sort((a, b) => a - b)
      assert.deepEqual(await starts(), [1000, 2000, 2000])
      await forgetExperiment('spam-1.1', 1000)
      assert.deepEqual(await starts(), [2000, 2000])
      await forgetExperiment('spam-1.1')
      assert.deepEqual(await starts(), [2000])
      assert.deepEqual(await assigned(2000, 'spam-1.10'), [1, 0])
    }))

  test('what is forgotten is gone, whatever waited, and the calls stay', () =>
    withStore(newPlace, async ({ records, reports, forgetExperiment }) => {
      const other = { ...enrolled, experiment: 'other' }
      records.put(sampleCall(1, { enrolment: enrolled }))
      records.put(sampleCall(2, { enrolment: other }))
      await records.feedback(sampleFeedback({ metric: 'score' }))
      records.put(sampleCall(3, { enrolment: enrolled }))
      await forgetExperiment('spam-1.1')
      assert.deepEqual(await reports.evidence({ experiment: 'spam-1.1' }, sampleMetrics, start + 10_000), [])
      assert.deepEqual(await reports.circuit({ experiment: 'spam-1.1' }), {})
      assert.equal((await reports.evidence({ experiment: 'other' }, sampleMetrics, start)).length, 1)
      assert.deepEqual((await reports.call(sampleId(3)))?.enrolment, enrolled)
    }))
}

async function assertEvidence(
  { reports }: Store,
  experiment: string,
  { all, said, frozenBy }: { all: readonly CallRecord[]; said: readonly Feedback[]; frozenBy: number },
): Promise<void> {
  const read = await reports.evidence({ experiment }, sampleMetrics, frozenBy)
  const early = new Set(all.flatMap(({ enrolment }) => (enrolment?.epoch === 1 ? [enrolment.unit] : [])))
  for (const epoch of [1, 2]) {
    for (const arm of ['1.0', '1.1']) {
      const calls = all.filter(
        ({ enrolment }) =>
          enrolment?.epoch === epoch && enrolment.arm === arm && (epoch === 1 || !early.has(enrolment.unit)),
      )
      assertArm(
        read.find((one) => one.epoch === epoch),
        arm,
        expectedArm(calls, said, frozenBy),
      )
    }
  }
}

function codeOf(outcome: CallRecord['outcome']): CallRecord['code'] {
  if (outcome === 'ok') return undefined
  return outcome === 'failed' ? 'upstream_failed' : 'cancelled'
}
