import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../journey/record/metrics.ts'
import { meterEvaluations } from './evaluation-metrics.ts'

test('how many evaluations run and wait, and how those that ended did', async () => {
  const metrics = createMetrics()
  meterEvaluations(metrics, () => ({ running: 1, waiting: 3, ended: new Map([['failed', 2]]) }))
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('astra_evaluations'))
  assert.deepEqual(lines, [
    'astra_evaluations{state="running"} 1',
    'astra_evaluations{state="waiting"} 3',
    'astra_evaluations_total{status="failed"} 2',
  ])
})
