import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from './clock.ts'
import { openLimit } from './limit.ts'

/** Timers that go off by hand only. */
function handClock() {
  const timers = new Map<number, () => void>()
  const clock: Clock = {
    now: () => 0,
    timer(ms, run) {
      timers.set(ms, run)
      return () => timers.delete(ms)
    },
  }
  return { clock, timers }
}

test('an abort ends a sleep and calls its timer off, so that nothing keeps the process alive', async () => {
  const { clock, timers } = handClock()
  const controller = new AbortController()
  const limit = openLimit({ timeoutMs: 9000, signal: controller.signal, clock })
  const slept = limit.sleep(250)
  assert.deepEqual([...timers.keys()], [9000, 250])
  controller.abort()
  await assert.rejects(slept, { code: 'cancelled' })
  assert.deepEqual([...timers.keys()], [])
})

test('work that goes on past the limit is left behind, and its failure with it', async () => {
  const { clock, timers } = handClock()
  const limit = openLimit({ timeoutMs: 9000, signal: undefined, clock })
  let fail = (_: Error) => {}
  const work = new Promise<never>((_, reject) => {
    fail = reject
  })
  const raced = limit.race(work)
  timers.get(9000)?.()
  await assert.rejects(raced, { code: 'timeout' })
  fail(new Error('too late'))
  await assert.rejects(limit.race(Promise.resolve(1)), { code: 'timeout' })
})

test('a call that is over is ended by nothing any more', () => {
  const { clock, timers } = handClock()
  const controller = new AbortController()
  const limit = openLimit({ timeoutMs: 9000, signal: controller.signal, clock })
  limit.close()
  controller.abort()
  assert.equal(timers.size, 0)
  assert.equal(limit.signal.aborted, false)
})
