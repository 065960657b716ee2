import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EpochEvidence } from '../../kernel/experiment.ts'
import { armFigures } from './arm-figures.ts'

const epoch = (number: number, units: number, counts: readonly number[]): EpochEvidence => {
  const ratio = (mean: number) =>
    ({ type: 'ratio', moments: { n: units, mean, m2: 0, second: { mean: 2, m2: 0, co: 0 } } }) as const
  return {
    epoch: number,
    arms: {
      '1.1': {
        ...{ assigned: units + 1, withFeedback: 0 },
        metrics: {
          'figure-errors': ratio(0.5),
          'figure-cost': ratio(0.001),
          'figure-latency': { type: 'quantile', values: { kind: 'buckets', edges: [0, 10, 20, 40], counts } },
        },
      },
    },
  }
}

test('an arm has the sums of all epochs, and the quantiles of all their calls', () => {
  const figures = armFigures([epoch(1, 100, [50, 50, 0]), epoch(2, 300, [0, 50, 50])], '1.1')
  assert.deepEqual(figures, {
    version: '1.1',
    units: 402,
    calls: 800,
    failed: 200,
    costUsd: 0.4,
    latencyP50Ms: 15,
    latencyP95Ms: 36,
  })
})

test('an arm that nobody met has nothing', () => {
  assert.deepEqual(armFigures([], '1.1'), { version: '1.1', units: 0, calls: 0, failed: 0 })
})
