import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverTiming } from './server-timing.ts'

test('Server-Timing: what is neither queueing nor upstream is the gateway', () => {
  assert.equal(
    serverTiming({ queueMs: 1.5, upstreamMs: 20, totalMs: 25 }),
    'gateway;dur=3.5, queue;dur=1.5, upstream;dur=20, total;dur=25',
  )
  assert.match(serverTiming({ queueMs: 0, upstreamMs: 9, totalMs: 8 }), /^gateway;dur=0,/)
})
