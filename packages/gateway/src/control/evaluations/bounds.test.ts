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
