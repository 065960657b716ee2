import assert from 'node:assert/strict'
import { test } from 'node:test'
import { armFigures } from './arm-figures.ts'

test('an arm has its sums, and the quantiles of its calls', () => {
  const latencies = { kind: 'buckets', edges: [0, 10, 20, 40], counts: [50, 100, 50] } as const
  const figures = armFigures('1.1', { units: 402, beyond: 3, calls: 800, failed: 200, costUsd: 0.4, latencies })
  const sums = { version: '1.1', units: 402, calls: 800, failed: 200, costUsd: 0.4 }
  assert.deepEqual(figures, { ...sums, latencyP50Ms: 15, latencyP95Ms: 36 })
})

test('an arm that nobody met has nothing', () => {
  assert.deepEqual(armFigures('1.1', undefined), { version: '1.1', units: 0, calls: 0, failed: 0 })
})
