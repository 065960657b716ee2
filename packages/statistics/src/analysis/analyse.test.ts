import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decide } from '../decide/decide.ts'
import { emptyEvidence, latencies, scores } from '../decide/evidence-fixture.ts'
import type { ArmEvidence, Evidence, MetricDefinition } from '../evidence.ts'
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

test('a metric that one arm loses is seen by its own feedback, though another metric comes for every unit', () => {
  const stars: MetricDefinition = { ...accuracy, name: 'stars', type: 'mean' }
  const arm = (values: number, hits: number): ArmEvidence => ({
    assigned: 1000,
    withFeedback: 1000,
    frozen: { units: 1000, withValue: { accuracy: values, stars: 1000 } },
    metrics: { accuracy: { type: 'rate', counts: { n: values, hits } }, stars: scores(1000, 0.5) },
  })
  // Of the candidate's wrong answers 400 are lost: those that are left are nearly all right.
  const lost = emptyEvidence({ control: arm(1000, 600), candidate: arm(600, 580) })
  const analysis = analyse(lost, [accuracy, stars, cost])
  const [found] = analysis.candidates
  assert.equal(found?.feedbackRatio.p, 1)
  const [first, second, third] = found?.metrics ?? []
  assert.equal(first?.direction, 'better', 'what a promotion would rest on')
  assert.ok((first?.feedback?.p ?? 1) < 1e-9)
  assert.deepEqual(first?.feedback?.counts, { '1.0': 1000, '1.1': 600 })
  assert.deepEqual(first?.feedback?.units, { '1.0': 1000, '1.1': 1000 })
  assert.match(first?.words ?? '', /, known of 1,000 of 1,000 \(1\.0\) and 600 of 1,000 \(1\.1\) units$/)
  assert.deepEqual([second?.feedback?.p, third?.feedback], [1, undefined])
  assert.doesNotMatch(second?.words ?? '', /known of/)
  const { decisions } = decide(analysis)
  assert.deepEqual(
    decisions.flatMap(({ action, reasons }) => reasons.map(({ code, metric }) => [action, code, metric])),
    [['pause', 'feedback-ratio', 'accuracy']],
  )
  const equal = emptyEvidence({ control: arm(1000, 600), candidate: arm(1000, 780) })
  const later = analyse(equal, [accuracy, stars], planDefaults, analysis.running).candidates[0]?.metrics[0]
  assert.equal(later?.feedback?.p, first?.feedback?.p, 'a p-value once seen stays')
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

test('over epochs of other splits the values of the arms of a quantile differ as it says, whatever the traffic did', () => {
  const epoch = (number: number, share: number, middle: number) => {
    const arm = (n: number, own: number) => ({
      assigned: n,
      withFeedback: 0,
      metrics: { 'p95 latency': latencies(n, own) },
    })
    const shares = { '1.0': 1 - share, '1.1': share }
    return {
      number,
      shares,
      arms: { '1.0': arm(Math.round(1000 * (1 - share)), middle), '1.1': arm(1000 * share, 0.9 * middle) },
    }
  }
  // Pooled, the faster arm would look slower: most of its calls came when all were slow.
  const epochs = [epoch(1, 0.1, 100), epoch(2, 0.9, 300)]
  const found = (scale: 'absolute' | 'relative') =>
    analyse({ ...evidence, epochs }, [{ ...latency, scale }]).candidates[0]?.metrics[0]
  const [lift, difference] = [found('relative'), found('absolute')]
  assert.ok(lift?.control && lift.candidate && lift.estimate && difference?.control && difference.candidate)
  assert.ok(Math.abs(lift.estimate + 0.1) < 0.01, `${lift.estimate}`)
  assert.ok(Math.abs(lift.candidate / lift.control - 1 - lift.estimate) < 1e-9)
  assert.ok(Math.abs(difference.candidate - difference.control - (difference.estimate ?? 0)) < 1e-9)
  assert.deepEqual(lift.units, { control: 1000, candidate: 1000 })
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
