import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenLoopReport } from '../load/run-open-loop.ts'
import { latencyRows } from './latency.ts'

const percentiles = { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 }
const report = (count: number): OpenLoopReport => {
  const lagMs = { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 }
  return { count, failed: 0, lastFailure: '', latencyMs: percentiles, lagMs }
}
const figuresOf = (...reports: OpenLoopReport[]) =>
  latencyRows('t', 'a', ['a'], { samples: new Map([['a', reports]]), failures: new Map() })[0]?.figures

test('a percentile is shown only where calls lie above it', () => {
  assert.deepEqual(figuresOf(report(6000)), { 'ms p50': 1, 'ms p90': 2, 'ms p99': 3, 'ms p99.9': 4 })
  assert.deepEqual(figuresOf(report(400), report(6000)), { 'ms p50': 1, 'ms p90': 2, 'ms p99': 3 })
})
