import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../kernel/errors.ts'
import { writeEvery } from './write-every.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('it is written every five seconds and once more at the end; a write that fails is told, and tried again', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const warned: unknown[] = []
  let writes = 0
  const flush = async () => {
    if (++writes === 1) throw new AstraError('store_unavailable', { reason: 'the disk is full' })
  }
  const log = { warn: (facts: unknown, message?: string) => void warned.push([facts, message]) }
  const { close } = writeEvery(flush, log, 'not written yet')
  context.mock.timers.tick(4999)
  assert.equal(writes, 0)
  context.mock.timers.tick(1)
  await turn()
  assert.deepEqual(warned, [[{ reason: 'the disk is full' }, 'not written yet']])
  context.mock.timers.tick(5000)
  await close()
  context.mock.timers.tick(5000)
  assert.deepEqual([writes, warned.length], [3, 1])
})
