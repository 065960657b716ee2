import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../journey/record/metrics.ts'
import { AstraError } from '../kernel/errors.ts'
import type { PayloadStore } from '../kernel/payload.ts'
import { wireCapture } from './wire-capture.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Steps of sweeps, as a store answers one after the other. */
function wired(steps: (readonly [over: number, crowded: number] | 'fails')[]) {
  const asked: (readonly [now: number, bytesMax: number])[] = []
  const warned: unknown[] = []
  const payloads: PayloadStore = {
    put: async () => undefined,
    payload: async () => undefined,
    payloads: async () => ({ payloads: [], next: undefined }),
    count: async () => 0,
    forget: async () => 0,
    async expire(now, bytesMax) {
      asked.push([now, bytesMax])
      const step = steps.shift() ?? [0, 0]
      if (step === 'fails') throw new AstraError('store_unavailable', { reason: 'the disk is full' })
      return { over: step[0], crowded: step[1] }
    },
  }
  const records = {
    put: () => undefined,
    accepting: () => true,
    flush: async () => undefined,
    status: () => ({ waiting: 0, written: 0, fault: undefined }),
    feedback: async () => undefined,
    recent: () => undefined,
    recentByReference: () => undefined,
  }
  const metrics = createMetrics()
  const clock = { at: 7, now: () => clock.at, elapsed: () => 0, id: () => '' }
  const capture = wireCapture({
    store: { payloads, records },
    clock,
    metrics,
    log: { warn: (facts: unknown) => void warned.push(facts) },
    faulted: (thrown) => assert.fail(String(thrown)),
    captureBytesMax: 1000,
  })
  return { capture, asked, warned, metrics, clock }
}

test('every minute those go whose time is over, step by step until none is left', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const { capture, asked, metrics } = wired([
    [200, 0],
    [3, 0],
    [0, 200],
    [0, 0],
    [0, 0],
  ])
  context.mock.timers.tick(59_999)
  assert.deepEqual(asked, [])
  context.mock.timers.tick(1)
  await turn()
  assert.deepEqual(asked, Array(4).fill([7, 1000]))
  context.mock.timers.tick(60_000)
  await turn()
  assert.equal(asked.length, 5)
  assert.match(await metrics.text(), /astra_capture_crowded_out_total 200/)
  await capture.close()
  context.mock.timers.tick(60_000)
  await turn()
  assert.equal(asked.length, 5)
})

test('a sweep that fails is told, and begins anew the next time', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const { capture, asked, warned } = wired(['fails', [0, 0]])
  context.mock.timers.tick(60_000)
  await turn()
  assert.deepEqual(warned, [{ reason: 'the disk is full' }])
  context.mock.timers.tick(60_000)
  await turn()
  assert.equal(asked.length, 2)
  await capture.close()
})

test('while the clock has leapt nothing goes, which is told once', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const { capture, asked, warned, clock } = wired([])
  for (const at of [7, 1e12, 1e12, 8]) {
    clock.at = at
    context.mock.timers.tick(60_000)
    await turn()
  }
  assert.deepEqual([asked.map(([now]) => now), warned.length], [[7, 8], 1])
  await capture.close()
})
