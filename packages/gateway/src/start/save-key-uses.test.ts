import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../kernel/errors.ts'
import { saveEveryMinute } from './save-key-uses.ts'

test('last uses are written every minute and at the stop; a store that fails is logged and asked again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let saves = 0
  let failing = true
  const warned: object[] = []
  const uses = saveEveryMinute(
    {
      async saveUses() {
        saves += 1
        if (failing) throw new AstraError('store_unavailable', { reason: 'the disk is full' })
      },
    },
    { warn: (facts: object) => void warned.push(facts) },
  )
  t.mock.timers.tick(59_999)
  assert.equal(saves, 0)
  t.mock.timers.tick(1)
  assert.equal(saves, 1)
  failing = false
  t.mock.timers.tick(60_000)
  await uses.stop()
  assert.equal(saves, 3)
  t.mock.timers.tick(600_000)
  assert.equal(saves, 3)
  assert.deepEqual(warned, [{ reason: 'the disk is full' }])
})
