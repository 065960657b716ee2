import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyEvidence, latencies, scores } from '../decide/evidence-fixture.ts'
import type { Evidence, MetricDefinition } from '../evidence.ts'
import { planDefaults } from '../evidence.ts'
import { analyse } from './analyse.ts'

const accuracy: MetricDefinition = { name: 'accuracy', kind: 'success', type: 'rate', optimise: 'max' }
const latency: MetricDefinition = {
  name: 'p95 latency',
  kind: 'guardrail',
  type: 'quantile',
  quantile: 0.95,
  optimise: 'min',
}
const cost: MetricDefinition = {
  name: 'cost',
  kind: 'guardrail',
  type: 'mean',
  optimise: 'min',
  margin: { relative: 0.1 },
}

const evidence = emptyEvidence({
  control: {
    assigned: 706,
    withFeedback: 700,
    metrics: {
      accuracy: { type: 'rate', counts: { n: 700, hits: 630 } },
      'p95 latency': latencies(100, 100),
      cost: scores(706, 1),
    },
  },
  candidate: {
    assigned: 706,
    withFeedback: 705,
    metrics: {
      accuracy: { type: 'rate', counts: { n: 705, hits: 684 } },
      'p95 latency': latencies(100, 102),
      cost: scores(706, 1.5),
    },
  },
})
const metrics = [accuracy, latency, cost]

test('each metric is analysed in its way, and told in words', () => {
  const [candidate] = analyse(evidence, metrics).candidates
  const [first, second, third] = candidate?.metrics ?? []
  assert.equal(first?.direction, 'better')
  assert.match(first?.words ?? '', /^accuracy \+7 points, 95 % interval [23456]\.\d to 1?\d\.?\d?$/)
  assert.equal(first?.scale, 'absolute')
  assert.match(second?.words ?? '', /^p95 latency \+2\.?\d? %, not shown harmful \(margin 10 %\)$/)
  assert.equal(second?.scale, 'relative')
  assert.match(third?.words ?? '', /^cost \+50 %, shown harmful \(margin 10 %\)$/)
  assert.deepEqual(candidate?.units, { control: 706, candidate: 706 })
  assert.equal(candidate?.sampleRatio.p, 1)
})

test('an analysis is plain data: JSON changes nothing, of no data neither', () => {
  for (const some of [evidence, emptyEvidence({})]) {
    const analysis = analyse(some, metrics)
    assert.deepEqual(JSON.parse(JSON.stringify(analysis)), analysis)
  }
  const [nothing] = analyse(emptyEvidence({}), metrics).candidates
  assert.deepEqual(nothing?.metrics[0]?.interval, { lower: null, upper: null })
  assert.equal(nothing?.metrics[0]?.words, 'accuracy: nothing to compare yet')
})

test('alpha is shared by the success metrics and candidates, not by guardrails', () => {
  const two: Evidence = { ...evidence, candidates: ['1.1', '1.2'] }
  const [candidate] = analyse(two, [accuracy, { ...accuracy, name: 'other' }, cost]).candidates
  assert.deepEqual(
    candidate?.metrics.map(({ alpha }) => alpha),
    [0.0125, 0.0125, 0.05],
  )
  const [alone] = analyse(two, [accuracy], { ...planDefaults, multiplicity: 'none' }).candidates
  assert.equal(alone?.metrics[0]?.alpha, 0.05)
})

test('below the minimal units nothing is shown, however large the effect', () => {
  const few = emptyEvidence({
    control: { assigned: 90, withFeedback: 90, metrics: { accuracy: { type: 'rate', counts: { n: 90, hits: 10 } } } },
    candidate: { assigned: 99, withFeedback: 99, metrics: { accuracy: { type: 'rate', counts: { n: 99, hits: 98 } } } },
  })
  const result = analyse(few, [accuracy]).candidates[0]?.metrics[0]
  assert.equal(result?.mayDecide, false)
  assert.equal(result?.direction, 'unknown')
  assert.ok((result?.interval.lower ?? 0) > 0.3)
})

test('p-values only fall, whatever comes', () => {
  const hits = fc.integer({ min: 0, max: 200 })
  fc.assert(
    fc.property(fc.array(fc.tuple(hits, hits, hits), { minLength: 1, maxLength: 8 }), (looks) => {
      let running = {}
      let last = 1
      for (const [a, b, assigned] of looks) {
        const arm = (h: number) => ({
          assigned: assigned + h,
          withFeedback: h,
          metrics: { accuracy: { type: 'rate', counts: { n: 200, hits: h } } } as const,
        })
        const analysis = analyse(
          emptyEvidence({ control: arm(a), candidate: arm(b) }),
          [accuracy],
          planDefaults,
          running,
        )
        const p = analysis.candidates[0]?.metrics[0]?.p ?? 1
        assert.ok(p <= last)
        last = p
        running = analysis.running
      }
    }),
  )
})

test('evidence against its definitions is refused', () => {
  assert.throws(() => analyse(evidence, [{ ...accuracy, type: 'mean' }]), /accuracy.*mean.*rate/)
  assert.throws(() => analyse(evidence, [{ ...latency, quantile: 95 }]), /quantile between 0 and 1/)
})

test('a guardrail to be maximised is harmed from below, and shown safe within its margin', () => {
  const quality: MetricDefinition = {
    ...accuracy,
    name: 'quality',
    kind: 'guardrail',
    margin: { absolute: 0.05 },
    prove: 'safe',
  }
  const arm = (hits: number) => ({
    assigned: 5000,
    withFeedback: 5000,
    metrics: { quality: { type: 'rate', counts: { n: 5000, hits } } } as const,
  })
  const of = (hits: number) =>
    analyse(emptyEvidence({ control: arm(4500), candidate: arm(hits) }), [quality]).candidates[0]?.metrics[0]?.guardrail
  assert.deepEqual(of(4000), { margin: { absolute: 0.05 }, harmful: true, safe: false })
  assert.deepEqual(of(4480), { margin: { absolute: 0.05 }, harmful: false, safe: true })
  assert.deepEqual(of(4250), { margin: { absolute: 0.05 }, harmful: false, safe: false })
})

test('epochs of one split are pooled for quantiles; those of others add their evidence', () => {
  const arm = (middle: number) => ({
    assigned: 1500,
    withFeedback: 0,
    metrics: { 'p95 latency': latencies(1500, middle) },
  })
  const one = emptyEvidence({ control: arm(100), candidate: arm(102) })
  const width = (candidateShare?: number) => {
    const shares = { '1.0': 1 - (candidateShare ?? 0), '1.1': candidateShare ?? 0 }
    const again = candidateShare === undefined ? [] : one.epochs.map((epoch) => ({ ...epoch, number: 2, shares }))
    const interval = analyse({ ...one, epochs: [...one.epochs, ...again] }, [latency]).candidates[0]?.metrics[0]
      ?.interval
    return (interval?.upper ?? Number.NaN) - (interval?.lower ?? Number.NaN)
  }
  assert.ok(width(0.5) < width(0.6) && width(0.6) < width())
})
