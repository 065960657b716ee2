import assert from 'node:assert/strict'
import { test } from 'node:test'
import { analyse } from '../analysis/analyse.ts'
import type { CandidateAnalysis, MetricResult } from '../analysis/analysis.ts'
import { decideCandidate } from '../decide/decide.ts'
import { emptyEvidence, latencies } from '../decide/evidence-fixture.ts'
import type { Evidence, MetricDefinition } from '../evidence.ts'
import { metricWords } from './metric-words.ts'
import { durationWords, numberWords, pWords, signedWords } from './numbers.ts'
import { verdictOf } from './verdict.ts'

const metrics: readonly MetricDefinition[] = [
  { name: 'accuracy', kind: 'success', type: 'rate', optimise: 'max' },
  { name: 'p95 latency', kind: 'guardrail', type: 'quantile', quantile: 0.95, optimise: 'min' },
]

function evidence(
  hits: { control: number; candidate: number },
  latency = 102,
  change: Partial<Evidence> = {},
): Evidence {
  // With few latencies a small difference is neither harmful nor safe yet.
  const count = latency > 200 ? 400 : 100
  const arm = (n: number, ms: number) => ({
    assigned: 706,
    withFeedback: 706,
    metrics: { accuracy: { type: 'rate', counts: { n: 706, hits: n } }, 'p95 latency': latencies(count, ms) } as const,
  })
  return { ...emptyEvidence({ control: arm(hits.control, 100), candidate: arm(hits.candidate, latency) }), ...change }
}

const atMs = Date.UTC(2026, 10, 23, 14, 2)
function tell(
  some: Evidence,
  rule: 'advise' | 'automatic' = 'automatic',
  change: Partial<CandidateAnalysis> = {},
): string {
  const [candidate] = analyse(some, metrics).candidates
  assert.ok(candidate !== undefined)
  const analysis = { ...candidate, ...change }
  return verdictOf(analysis, decideCandidate(analysis), { atMs, rule }).text
}

test('promoted', () => {
  assert.equal(
    tell(evidence({ control: 630, candidate: 678 })),
    '1.1 is better than 1.0: accuracy +6.8 points, 95 % interval 2.3 to 11.2, after 1,412 units; ' +
      'p95 latency +2 %, not shown harmful (margin 10 %). Promoted at 14:02.',
  )
  assert.match(tell(evidence({ control: 630, candidate: 678 }), 'advise'), / Advice: promote 1\.1\.$/)
})

test('rolled back', () => {
  assert.match(
    tell(evidence({ control: 678, candidate: 630 })),
    /^1\.1 is worse than 1\.0: accuracy -6\.8 points, 95 % interval -11\.2 to -2\.3, after 1,412 units; p95 .* Rolled back at 14:02\.$/,
  )
  assert.match(
    tell(evidence({ control: 630, candidate: 640 }, 300)),
    /^1\.1 is worse than 1\.0: p95 latency \+200 %, shown harmful \(margin 10 %\), after 1,412 units; accuracy .* Rolled back at 14:02\.$/,
  )
})

test('circuit broken', () => {
  const failing = evidence({ control: 630, candidate: 640 })
  const circuit = {
    '1.0': { calls: 900, serverErrors: 0, recentFailures: [] },
    '1.1': { calls: 20, serverErrors: 12, recentFailures: Array.from({ length: 20 }, (_, i) => i < 12) },
  }
  assert.equal(
    tell({ ...failing, circuit }),
    '1.1 fails: 12 of its last 20 calls failed. Rolled back at 14:02, without waiting for statistics.',
  )
})

test('paused', () => {
  const sampleRatio = { p: 0.0000123, counts: { '1.0': 5000, '1.1': 5600 }, expected: { '1.0': 5300, '1.1': 5300 } }
  assert.equal(
    tell(evidence({ control: 630, candidate: 640 }), 'automatic', { sampleRatio }),
    "The comparison of 1.1 with 1.0 can't be trusted: the arms got 5,000 (1.0) and 5,600 (1.1) units where " +
      '5,300 (1.0) and 5,300 (1.1) were due (p = 0.000012). Paused at 14:02: find out why before it goes on.',
  )
})

test('paused, as one arm lost what one metric says', () => {
  const [accuracy, ...others] =
    analyse(evidence({ control: 630, candidate: 640 }), metrics).candidates[0]?.metrics ?? []
  assert.ok(accuracy)
  const feedback = {
    p: 0.00002,
    counts: { '1.0': 700, '1.1': 420 },
    expected: { '1.0': 560, '1.1': 560 },
    units: { '1.0': 706, '1.1': 706 },
  }
  assert.equal(
    tell(evidence({ control: 630, candidate: 640 }), 'automatic', { metrics: [{ ...accuracy, feedback }, ...others] }),
    "The comparison of 1.1 with 1.0 can't be trusted: accuracy came for 700 (1.0) and 420 (1.1) units where " +
      '560 (1.0) and 560 (1.1) were due, among 706 (1.0) and 706 (1.1) whose window has ended (p = 0.00002). Paused at 14:02: find out why before it goes on.',
  )
})

test('where no unit was analysed it says why', () => {
  const [accuracy, ...others] =
    analyse(evidence({ control: 630, candidate: 640 }), metrics).candidates[0]?.metrics ?? []
  assert.ok(accuracy)
  const none = { ...accuracy, units: { control: 0, candidate: 0 }, estimate: null, direction: 'unknown' as const }
  const told = (change: Partial<MetricResult>, more: Partial<CandidateAnalysis> = {}) =>
    tell(evidence({ control: 630, candidate: 640 }, 102, { elapsedMs: 30 * 86_400_000 }), 'automatic', {
      ...{ metrics: [{ ...none, ...change }, ...others], ...more },
    })
  assert.match(
    told({}),
    /in 30 days, 0 of 1,412 units' windows have ended; p95 latency .* Ended at 14:02; 1\.0 stays\.$/,
  )
  assert.match(told({}, { units: { control: 0, candidate: 0 } }), /in 30 days, after 0 units; /)
  const feedback = { p: 1, counts: {}, expected: {}, units: { '1.0': 300, '1.1': 300 } }
  assert.match(told({ feedback }), /in 30 days, too little feedback from 600 units whose windows have ended; /)
})

test('inconclusive', () => {
  assert.match(
    tell(evidence({ control: 630, candidate: 633 }, 102, { elapsedMs: 30 * 86_400_000 })),
    /^Inconclusive: 1\.1 was not shown better than 1\.0 in 30 days, after 1,412 units; accuracy \+0\.4 points, 95 % interval -\d.* to \d.*; p95 .*\. Ended at 14:02; 1\.0 stays\.$/,
  )
})

test('not decided yet', () => {
  assert.match(
    tell(evidence({ control: 630, candidate: 633 }, 102, { elapsedMs: 3 * 3_600_000 })),
    /^Not decided yet between 1\.1 and 1\.0: 3 hours of at least 24 hours; accuracy not shown better, after 1,412 units; accuracy \+0\.4 points/,
  )
})

test('a share is told in points, as a rate is, though units have means of several calls', () => {
  const result: Omit<MetricResult, 'words'> = {
    metric: { name: 'correct', kind: 'success', type: 'mean', optimise: 'max', share: true },
    units: { control: 700, candidate: 700 },
    control: 0.9,
    candidate: 0.968,
    scale: 'absolute',
    estimate: 0.068,
    interval: { lower: 0.049, upper: 0.087 },
    alpha: 0.05,
    p: 0.001,
    mayDecide: true,
    direction: 'better',
  }
  assert.equal(metricWords(result), 'correct +6.8 points, 95 % interval 4.9 to 8.7')
  const score = { ...result, metric: { ...result.metric, share: false } }
  assert.equal(metricWords(score), 'correct +0.068, 95 % interval 0.049 to 0.087')
})

test('a verdict is data, too', () => {
  const [candidate] = analyse(evidence({ control: 630, candidate: 678 }), metrics).candidates
  assert.ok(candidate !== undefined)
  const verdict = verdictOf(candidate, decideCandidate(candidate), { atMs, rule: 'automatic', clock: () => 'noon' })
  assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict)
  assert.equal(verdict.action, 'promote')
  assert.equal(verdict.units, 1412)
  assert.match(verdict.text, /Promoted at noon\.$/)
})

test('numbers for people', () => {
  assert.deepEqual([6.84, 2, 0.04, -0.0321, 0, -0.04999, 12_345.6, 10.04].map(numberWords), [
    '6.8',
    '2',
    '0.04',
    '-0.032',
    '0',
    '-0.05',
    '12,346',
    '10',
  ])
  assert.deepEqual([6.84, -2, 0].map(signedWords), ['+6.8', '-2', '0'])
  assert.deepEqual([86_400_000, 172_800_000, 90_000, 1000].map(durationWords), [
    '24 hours',
    '2 days',
    '90 seconds',
    '1 second',
  ])
  assert.equal(pWords(1e-9), 'p < 0.000001')
})
