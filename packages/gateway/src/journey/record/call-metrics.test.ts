import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallRecord } from '../../kernel/record.ts'
import { createCallMetrics } from './call-metrics.ts'

const record = (over: Partial<CallRecord>): CallRecord =>
  ({
    model: 'spam',
    major: 1,
    versionAssigned: '1.0',
    door: 'native',
    outcome: 'ok',
    latencyMs: 1,
    ...over,
  }) as CallRecord

test('what the cache had to do with calls is counted, where their contract has one', () => {
  const metrics = createCallMetrics()
  for (const cache of ['hit', 'hit', 'miss', undefined] as const) metrics.observe(record({ cache }))
  const lines = metrics.text().split('\n')
  assert.deepEqual(
    lines.filter((line) => line.startsWith('astra_cache_calls_total')),
    [
      'astra_cache_calls_total{model="spam",major="v1",version="1.0",outcome="hit"} 2',
      'astra_cache_calls_total{model="spam",major="v1",version="1.0",outcome="miss"} 1',
    ],
  )
})

test('calls are counted by their labels, durations in cumulative buckets', () => {
  const metrics = createCallMetrics()
  for (const latencyMs of [0, 1, 1.1, 2000, 100_000]) metrics.observe(record({ latencyMs }))
  metrics.observe(record({ outcome: 'refused', code: 'unknown_model', model: 'made-up', versionAssigned: undefined }))
  const lines = metrics.text().split('\n')
  const about = (start: string) => lines.filter((line) => line.startsWith(start))
  assert.deepEqual(about('astra_calls_total'), [
    'astra_calls_total{model="spam",major="v1",version="1.0",door="native",outcome="ok",code=""} 5',
    'astra_calls_total{model="",major="",version="",door="native",outcome="refused",code="unknown_model"} 1',
  ])
  const at = (le: string) => about(`astra_call_duration_seconds_bucket{le="${le}",model="spam"`)[0]?.split(' ').at(-1)
  assert.deepEqual(['0.001', '0.0025', '1', '2.5', '60', '+Inf'].map(at), ['2', '3', '3', '4', '4', '5'])
  const labels = '{model="spam",version="1.0",door="native"}'
  assert.deepEqual(about('astra_call_duration_seconds_count'), [`astra_call_duration_seconds_count${labels} 5`])
  assert.match(about('astra_call_duration_seconds_sum')[0] ?? '', / 102\.0021$/)
})
