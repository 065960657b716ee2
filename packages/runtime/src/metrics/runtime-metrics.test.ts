import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './runtime-metrics.ts'

test('what is counted has the version as its label, and gauges end with the version', async () => {
  const metrics = createMetrics()
  const labels = { model: 'spam', version: '1.1' }
  const spam = metrics.ofVersion(labels, { waiting: () => 3, rssBytes: () => 1024 })
  spam.batch(5, 20)
  metrics.call(labels, 'ok', 100)
  metrics.call(labels, 'failed')
  spam.restart('memory')
  const of = 'model="spam",version="1.1"'
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    `astra_runtime_batch_rows_bucket{le="4",${of}} 0`,
    `astra_runtime_batch_rows_bucket{le="6",${of}} 1`,
    `astra_runtime_batch_rows_sum{${of}} 5`,
    `astra_runtime_compute_seconds_sum{${of}} 0.02`,
    `astra_runtime_queue_seconds_sum{${of}} 0.1`,
    `astra_runtime_queue_seconds_count{${of}} 1`,
    `astra_runtime_calls_total{${of},outcome="ok"} 1`,
    `astra_runtime_calls_total{${of},outcome="failed"} 1`,
    `astra_runtime_worker_restarts_total{${of},reason="memory"} 1`,
    `astra_runtime_waiting{${of}} 3`,
    `astra_runtime_worker_rss_bytes{${of}} 1024`,
  ]) {
    assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`)
  }
  spam.remove()
  const unloaded = await metrics.text()
  assert.doesNotMatch(unloaded, /astra_runtime_waiting\{/)
  assert.match(unloaded, /astra_runtime_calls_total\{.*"ok"\} 1/)
  metrics.forget(labels)
  assert.doesNotMatch(await metrics.text(), /"spam"/)
})
