import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvaluatedVersion, EvaluationReport } from '../../kernel/evaluation.ts'
import { checkBounds } from './bounds.ts'

const version = (id: string, measures: Readonly<Record<string, number>>): EvaluatedVersion => ({
  ...{ version: id, digest: 'sha256:1', answered: 100, failed: {}, usageEstimated: false, unpriced: 0 },
  measures: Object.fromEntries(Object.entries(measures).map(([name, value]) => [name, { value, n: 100 }])),
})
const report = (over: Partial<EvaluationReport> = {}): EvaluationReport => ({
  ...{ kind: 'eval', model: 'spam', major: 1, cases: 100, asked: 100, startedAt: 0, durationMs: 1, verdict: '' },
  ...{ differences: {}, disagreements: [] },
  version: version('1.1', { accuracy: 0.98, errors: 0.02, 'latency-p95': 150 }),
  ...over,
})
const against = version('1.0', { accuracy: 0.99, errors: 0, 'latency-p95': 170 })

test('bounds hold at their limits, and are told in the units of their measures', () => {
  const outcomes = checkBounds(
    { accuracy: { min: 0.98 }, errors: { max: 0.01 }, 'latency-p95': { min: 1, max: 200 } },
    report(),
  )
  assert.deepEqual(
    outcomes.map(({ outcome, words }) => `${outcome}: ${words}`),
    [
      'passed: accuracy 98 % is at least 98 %',
      'failed: errors 2 % is above 1 %',
      'passed: latency-p95 150 ms is at least 1 ms',
      'passed: latency-p95 150 ms is at most 200 ms',
    ],
  )
})

test('a drop goes by what is better of the measure, and by the same cases of the other version', () => {
  const require = { accuracy: { drop: 0.01 }, errors: { drop: 0.01 }, 'latency-p95': { drop: 0 } }
  assert.deepEqual(
    checkBounds(require, report({ against })).map(({ outcome, words }) => `${outcome}: ${words}`),
    [
      'passed: accuracy 98 % is not more than 1 point worse than the 99 % of 1.0',
      'failed: errors 2 % is more than 1 point worse than the 0 % of 1.0',
      'passed: latency-p95 150 ms is not more than 0 ms worse than the 170 ms of 1.0',
    ],
  )
  assert.deepEqual(
    checkBounds(require, report()).map(({ outcome }) => outcome),
    ['skipped', 'skipped', 'skipped'],
  )
})

test('what cannot be told does not pass, nor does what is partial', () => {
  const [untold] = checkBounds({ cost: { max: 1 } }, report())
  assert.deepEqual([untold?.outcome, untold?.words], ['failed', 'cost cannot be told: no answer tells it'])
  const [partial] = checkBounds({ accuracy: { min: 0.5 } }, report({ asked: 20, partial: 'budget' }))
  assert.equal(partial?.outcome, 'failed')
  assert.match(partial?.words ?? '', /is of 20 of 100 cases only/)
})

test('what is of few of the cases does not pass: it may be of the easy ones; what is of most of them says of how many', () => {
  const told = (n: number, answered: number, over: Partial<EvaluationReport> = {}) => {
    const measures = { 'latency-p95': { value: 20, n: 500 }, cost: { value: 0.1, n }, accuracy: { value: 1, n: 300 } }
    const own = { ...version('1.1', {}), answered, measures }
    const require = { 'latency-p95': { max: 200 }, cost: { max: 1 }, accuracy: { min: 0.9 } }
    return checkBounds(require, report({ version: own, cases: 500, asked: 500, ...over })).map(
      ({ outcome, words, value }) => `${outcome}: ${words}, ${value}`,
    )
  }
  const few = 'is of 1 of 500 cases only, the others failed or do not tell it, and a bound needs 95 %, undefined'
  // Of those that have a truth all tell it.
  const accuracy = 'passed: accuracy 100 % (of 300 of 500 cases) is at least 90 %, 1'
  assert.deepEqual(told(1, 1), [
    `failed: latency-p95 cannot be told: it ${few}`,
    `failed: cost cannot be told: it ${few}`,
    accuracy,
  ])
  assert.deepEqual(told(475, 480), [
    'passed: latency-p95 20 ms (of 480 of 500 cases) is at most 200 ms, 20',
    'passed: cost 0.1 USD (of 475 of 500 cases) is at most 1 USD, 0.1',
    accuracy,
  ])
})

test('a drop is that of the pairs, and of few pairs none', () => {
  const drop = (n: number, value = 0.05) =>
    checkBounds({ cost: { drop: 0.01 } }, report({ ...sides, differences: { cost: { value, n } } }))[0]
  const sides = { version: version('1.1', { cost: 0.1 }), against: version('1.0', { cost: 0.2 }) }
  assert.deepEqual([drop(100)?.outcome, drop(100)?.value], ['failed', 0.05])
  assert.equal(
    drop(98, 0.001)?.words,
    'cost 0.1 USD (of 98 of 100 cases) is not more than 0.01 USD worse than the 0.2 USD of 1.0',
  )
  assert.match(drop(94, 0)?.words ?? '', /^cost cannot be told: it is of 94 of 100 cases only/)
})

test('a drop from what is down tells nothing; answers of the other that break the contract are what it is like', () => {
  const told = (failed: EvaluatedVersion['failed'], accuracy: number) => {
    const other = { ...version('1.0', { accuracy }), failed }
    const require = { accuracy: { drop: 0.01, min: 0.5 } }
    return checkBounds(require, report({ against: other })).map(({ outcome, words }) => `${outcome}: ${words}`)
  }
  const [min, drop] = told({ upstream_unavailable: 90, timeout: 3 }, 0.07)
  assert.equal(min, 'passed: accuracy 98 % is at least 50 %')
  assert.equal(
    drop,
    'failed: accuracy cannot be told: 1.0 failed 93 of 100 cases, so it says nothing of 1.1: try again when it answers',
  )
  assert.match(told({ timeout: 2 }, 0.97)[1] ?? '', /^failed: .*1\.0 failed 2 of 100/)
  assert.match(told({ timeout: 1 }, 0.98)[1] ?? '', /^passed/)
  assert.match(told({ invalid_output: 30 }, 0.7)[1] ?? '', /^passed/)
})
