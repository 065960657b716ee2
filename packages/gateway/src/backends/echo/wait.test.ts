import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wait } from './wait.ts'

test('resolves when its time is over, not before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const controller = new AbortController()
  let over = false
  const waiting = wait(1000, controller.signal).then(() => {
    over = true
  })
  t.mock.timers.tick(999)
  await Promise.resolve()
  assert.equal(over, false)
  t.mock.timers.tick(1)
  await waiting
})

for (const ms of [1000, Number.POSITIVE_INFINITY]) {
  test(`an abort ends ${ms} ms with the signal's reason, and no timer is left`, async () => {
    const before = process.getActiveResourcesInfo().length
    const controller = new AbortController()
    const reason = new Error('left')
    const waiting = wait(ms, controller.signal)
    controller.abort(reason)
    await assert.rejects(waiting, (thrown) => thrown === reason)
    assert.equal(process.getActiveResourcesInfo().length, before)
  })
}

test('a signal that aborted before ends it at once', async () => {
  const reason = new Error('left before')
  await assert.rejects(wait(Number.POSITIVE_INFINITY, AbortSignal.abort(reason)), (thrown) => thrown === reason)
})
