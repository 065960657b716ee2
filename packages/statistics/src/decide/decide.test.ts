import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { analyse } from '../analysis/analyse.ts'
import type { Analysis, CandidateAnalysis, MetricResult, RatioCheck } from '../analysis/analysis.ts'
import { decide, decideCandidate } from './decide.ts'
import { emptyEvidence } from './evidence-fixture.ts'
import { type Action, decisionTable } from './table.ts'

const day = 86_400_000
const even: RatioCheck = { p: 1, counts: {}, expected: {} }
const base: CandidateAnalysis = {
  control: '1.0',
  candidate: '1.1',
  units: { control: 700, candidate: 700 },
  elapsedMs: 2 * day,
  metrics: [],
  sampleRatio: even,
  feedbackRatio: even,
  circuit: {
    control: { calls: 1000, serverErrors: 0, recentFailures: [] },
    candidate: { calls: 1000, serverErrors: 0, recentFailures: [] },
  },
}

function result(
  kind: 'success' | 'guardrail',
  direction: MetricResult['direction'],
  guardrail?: { harmful: boolean; safe: boolean },
  prove: 'harm' | 'safe' = 'harm',
): MetricResult {
  return {
    metric: { name: `${kind}-metric`, kind, type: 'rate', optimise: 'max', prove },
    units: { control: 700, candidate: 700 },
    control: 0.9,
    candidate: 0.95,
    scale: 'absolute',
    estimate: 0.05,
    interval: { lower: 0.02, upper: 0.08 },
    alpha: 0.05,
    p: 0.001,
    mayDecide: true,
    direction,
    ...(guardrail === undefined ? {} : { guardrail: { margin: { absolute: 0.005 }, ...guardrail } }),
    words: '',
  }
}

const better = result('success', 'better')
const harmless = result('guardrail', 'unknown', { harmful: false, safe: false })
const harmful = result('guardrail', 'worse', { harmful: true, safe: false })
const candidateCircuit = (counts: Partial<CandidateAnalysis['circuit']['candidate']>) => ({
  ...base.circuit,
  candidate: { ...base.circuit.candidate, ...counts },
})
/** The latest calls of each, oldest first. */
const bothCircuits = (candidate: readonly boolean[], control: readonly boolean[]) => ({
  control: { calls: 1000, serverErrors: 0, recentFailures: control },
  candidate: { calls: 1000, serverErrors: 0, recentFailures: candidate },
})

const cases: readonly (readonly [string, Partial<CandidateAnalysis>, Action, readonly string[]])[] = [
  [
    '10 of the last 20 failed',
    { circuit: candidateCircuit({ recentFailures: Array(10).fill(true) }) },
    'break-circuit',
    ['latest-calls-failed'],
  ],
  [
    '9 of the last 20 failed',
    { circuit: candidateCircuit({ recentFailures: Array(9).fill(true) }) },
    'hold',
    ['no-success-metric'],
  ],
  [
    '5 % 5xx of 200 calls',
    { circuit: candidateCircuit({ calls: 200, serverErrors: 10 }) },
    'break-circuit',
    ['server-errors'],
  ],
  [
    '5 % 5xx of 199 calls',
    { circuit: candidateCircuit({ calls: 199, serverErrors: 10 }) },
    'hold',
    ['no-success-metric'],
  ],
  [
    'the control fails as well',
    {
      circuit: {
        ...candidateCircuit({ serverErrors: 100 }),
        control: { calls: 1000, serverErrors: 10, recentFailures: [] },
      },
    },
    'hold',
    ['no-success-metric'],
  ],
  [
    'a circuit goes before all else',
    { metrics: [better], circuit: candidateCircuit({ serverErrors: 60 }), sampleRatio: { ...even, p: 0 } },
    'break-circuit',
    ['server-errors'],
  ],
  [
    'both arms fail, as where their vendor is down',
    { circuit: bothCircuits(Array(20).fill(true), Array(20).fill(true)) },
    'hold',
    ['control-failing', 'no-success-metric'],
  ],
  [
    'the candidate is the first of which half failed, while the control has begun to',
    { circuit: bothCircuits(Array(10).fill(true), [...Array(18).fill(false), true, true]) },
    'hold',
    ['control-failing', 'no-success-metric'],
  ],
  [
    'the control is the first that gets well again',
    { circuit: bothCircuits(Array(15).fill(true), [...Array(9).fill(true), ...Array(11).fill(false)]) },
    'hold',
    ['no-success-metric'],
  ],
  [
    'a control of which now and then a call fails saves no candidate that always does',
    { circuit: bothCircuits(Array(20).fill(true), [...Array(17).fill(false), true, false, true]) },
    'break-circuit',
    ['latest-calls-failed'],
  ],
  [
    'harm is no reason to give all to a control that fails',
    { metrics: [harmful], circuit: bothCircuits([], Array(20).fill(true)) },
    'hold',
    ['control-failing', 'no-success-metric', 'guardrail-harmful'],
  ],
  [
    'nor is the end',
    { metrics: [result('success', 'unknown')], elapsedMs: 31 * day, circuit: bothCircuits([], Array(20).fill(true)) },
    'hold',
    ['control-failing', 'not-shown-better'],
  ],
  [
    'a control that fails is no reason to keep a better candidate back',
    { metrics: [better], circuit: bothCircuits([], Array(20).fill(true)) },
    'promote',
    ['success-better'],
  ],
  ['harm beats a better success metric', { metrics: [better, harmful] }, 'roll-back', ['guardrail-harmful']],
  ['a worse success metric', { metrics: [result('success', 'worse')] }, 'roll-back', ['success-worse']],
  [
    'harm is acted on though the ratio is off',
    { metrics: [harmful], sampleRatio: { ...even, p: 1e-9 } },
    'roll-back',
    ['guardrail-harmful'],
  ],
  ['units not as declared', { metrics: [better], sampleRatio: { ...even, p: 0.0009 } }, 'pause', ['sample-ratio']],
  [
    'feedback not as declared',
    { metrics: [better], feedbackRatio: { ...even, p: 0.0009 } },
    'pause',
    ['feedback-ratio'],
  ],
  [
    'one metric lost in one arm, though some feedback came for all',
    { metrics: [better, { ...result('success', 'unknown'), feedback: { ...even, p: 0.0009, units: {} } }] },
    'pause',
    ['feedback-ratio'],
  ],
  [
    'lost feedback is told once, by its metric',
    {
      metrics: [{ ...better, feedback: { ...even, p: 1e-9, units: {} } }],
      feedbackRatio: { ...even, p: 1e-9 },
    },
    'pause',
    ['feedback-ratio'],
  ],
  ['better and nothing against it', { metrics: [better, harmless] }, 'promote', ['success-better']],
  ['better, but too early', { metrics: [better], elapsedMs: day - 1 }, 'hold', ['too-early']],
  ['better, but too few', { metrics: [better], units: { control: 99, candidate: 700 } }, 'hold', ['too-few-units']],
  [
    'better, but not shown safe',
    { metrics: [better, result('guardrail', 'unknown', { harmful: false, safe: false }, 'safe')] },
    'hold',
    ['guardrail-not-shown-safe'],
  ],
  [
    'better and shown safe',
    { metrics: [better, result('guardrail', 'unknown', { harmful: false, safe: true }, 'safe')] },
    'promote',
    ['success-better'],
  ],
  ['promotion goes before the end', { metrics: [better], elapsedMs: 30 * day }, 'promote', ['success-better']],
  [
    'nothing shown in the maximal duration',
    { metrics: [result('success', 'unknown')], elapsedMs: 30 * day },
    'end',
    ['maximal-duration'],
  ],
  ['nothing shown yet', { metrics: [result('success', 'unknown')] }, 'hold', ['not-shown-better']],
]

for (const [name, change, action, codes] of cases) {
  test(`${action}: ${name}`, () => {
    const decision = decideCandidate({ ...base, ...change })
    assert.equal(decision.action, action)
    assert.deepEqual(
      decision.reasons.map(({ code }) => code),
      codes,
    )
    assert.equal(decisionTable[decision.row - 1]?.action, action)
  })
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)

test('whatever the evidence, exactly one row decides, with a reason, and no earlier row applies', () => {
  const metric = oneOf(better, harmless, harmful, result('success', 'worse'), result('success', 'unknown'))
  const p = oneOf(1, 0.0005)
  fc.assert(
    fc.property(
      fc.array(metric, { maxLength: 3 }),
      p,
      p,
      fc.integer({ min: 0, max: 40 }),
      fc.nat(20),
      (metrics, s, f, days, failed) => {
        const analysis = {
          ...base,
          metrics,
          sampleRatio: { ...even, p: s },
          feedbackRatio: { ...even, p: f },
          elapsedMs: days * day,
          circuit: candidateCircuit({ recentFailures: Array(failed).fill(true) }),
        }
        const decision = decideCandidate(analysis)
        assert.ok(decision.reasons.length > 0)
        if (decision.action === 'promote') assert.ok(!metrics.some(({ guardrail }) => guardrail?.harmful))
        if (metrics.includes(harmful)) assert.ok(decision.row <= 2)
      },
    ),
  )
})

const several = (...candidates: Partial<CandidateAnalysis>[]): Analysis => ({
  candidates: candidates.map((change, i) => ({ ...base, candidate: `1.${i + 1}`, ...change })),
  running: {},
})

test('several candidates: one that is rolled back leaves, the others go on', () => {
  const decision = decide(several({ metrics: [harmful] }, { metrics: [result('success', 'unknown')] }))
  assert.equal(decision.action, 'hold')
  assert.deepEqual(decision.removed, ['1.1'])
})

test('several candidates: the best of those that may be promoted is', () => {
  const best = { ...better, interval: { lower: 0.04, upper: 0.09 } }
  const decision = decide(several({ metrics: [better] }, { metrics: [best] }, { metrics: [harmful] }))
  assert.equal(decision.action, 'promote')
  assert.equal(decision.promoted, '1.2')
  assert.deepEqual(decision.removed, ['1.3'])
  assert.equal(decide(several({ metrics: [harmful] }, { metrics: [harmful] })).action, 'roll-back')
  assert.equal(decide(several({ metrics: [better], sampleRatio: { ...even, p: 0 } }, {})).action, 'pause')
  assert.equal(decide(several({ elapsedMs: 30 * day }, { metrics: [harmful] })).action, 'end')
})

test('an experiment without data holds', () => {
  assert.equal(decide(analyse(emptyEvidence({}), [])).action, 'hold')
})

test('a candidate whose every call is slow is rolled back by the exact quantile test, not below the minimal units', () => {
  const slow = { name: 'p50', kind: 'guardrail', type: 'quantile', quantile: 0.5, optimise: 'min' } as const
  const arm = (n: number, ms: number) => ({
    assigned: n,
    withFeedback: 0,
    metrics: { p50: { type: 'quantile', values: { kind: 'values', sorted: Array(n).fill(ms) } } } as const,
  })
  const at = (n: number) =>
    decide(analyse(emptyEvidence({ control: arm(n, 10), candidate: arm(n, 500) }), [slow])).action
  assert.equal(at(99), 'hold')
  assert.equal(at(100), 'roll-back')
})
