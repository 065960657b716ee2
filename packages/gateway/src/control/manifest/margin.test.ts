import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import { type ManifestMargin, marginText, parseMargin } from './margin.ts'
import { metricNamed, recordMetricOf } from './metric-names.ts'

const feedback = {
  correct: { type: 'boolean', optimise: 'max' },
  score: { type: 'number', optimise: 'min' },
} as const satisfies Readonly<Record<string, FeedbackMetric>>
const metric = (name: string) => metricNamed(name, 'guardrail', feedback) ?? assert.fail(name)
const parsed = (margin: ManifestMargin, name: string) => parseMargin(margin, metric(name))

describe('margins', () => {
  const sound: readonly (readonly [string, ManifestMargin, object, ManifestMargin])[] = [
    ['latency', '20%', { relative: 0.2 }, '20 %'],
    ['latency-p95', '+7 %', { relative: 0.07 }, '7 %'],
    ['latency-p95', '50ms', { absolute: 50 }, '50 ms'],
    ['first-chunk', '1.5 s', { absolute: 1500 }, '1500 ms'],
    ['errors', '0.5 points', { absolute: 0.005 }, '0.5 points'],
    ['errors', 0.07, { absolute: 0.07 }, '7 points'],
    ['correct', '1 point', { absolute: 0.01 }, '1 points'],
    ['score', 3, { absolute: 3 }, 3],
    ['cost', '0.001 USD', { absolute: 0.001 }, '0.001 USD'],
  ]
  for (const [name, written, margin, text] of sound) {
    it(`reads ${written} of ${name}, and writes it back`, () => {
      assert.deepEqual(parsed(written, name), margin)
      assert.deepEqual(marginText(parsed(written, name) ?? assert.fail(), metric(name)), text)
      assert.deepEqual(parsed(text, name), margin)
    })
  }

  const none: readonly (readonly [string, ManifestMargin])[] = [
    ['latency', '5 points'],
    ['errors', '5 ms'],
    ['score', '5 points'],
    ['cost', '5 tokens'],
    ['errors', '0 %'],
    ['errors', '-5 %'],
    ['errors', 'much'],
    ['errors', '5 constructor'],
  ]
  for (const [name, written] of none)
    it(`refuses ${written} of ${name}`, () => assert.equal(parsed(written, name), undefined))
})

describe('names of metrics', () => {
  it('knows quantiles of what is measured, and none of what happens or not', () => {
    assert.deepEqual(recordMetricOf('latency-p99.9'), {
      record: 'latency',
      type: 'quantile',
      quantile: 0.999,
      optimise: 'min',
      unit: 'ms',
      margin: { relative: 0.1 },
    })
    assert.equal(recordMetricOf('first-chunk-p50')?.quantile, 0.5)
    for (const name of ['errors-p95', 'latency-p0', 'latency-p100', 'latency-95', 'constructor', 'p95', '']) {
      assert.equal(recordMetricOf(name), undefined, name)
    }
  })

  it('takes feedback, what fails and what it costs as one mean per unit', () => {
    assert.deepEqual(metricNamed('correct', 'success', feedback), {
      name: 'correct',
      kind: 'success',
      type: 'mean',
      share: true,
      scale: 'absolute',
      optimise: 'max',
      from: { feedback: 'correct' },
    })
    assert.equal(metric('score').optimise, 'min')
    assert.deepEqual([metric('errors').type, metric('errors').margin], ['mean', { absolute: 0.005 }])
    assert.deepEqual(
      [metricNamed('cost', 'success', feedback)?.type, metricNamed('cost', 'success', feedback)?.scale],
      ['mean', 'relative'],
    )
    assert.equal(metricNamed('constructor', 'success', feedback), undefined)
  })
})
