import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

const noon = Date.UTC(2026, 10, 22, 12)

test('the audit log is asked for by every filter, times being read as people write them', async () => {
  const { run, asked } = await fakePlatform()
  const { output } = await run('listAudit', {})
  assert.deepEqual(asked.audit, { limit: 50 })
  assert.deepEqual(output, {
    entries: [
      {
        ...{ id: 7, time: '2026-11-22T12:00:00.000Z', keyId: 'key_admin', consumer: 'admin', address: '127.0.0.1' },
        ...{ operation: 'revokeKey', target: '/keys/key_1', outcome: 'refused', code: 'unknown_key' },
      },
    ],
  })
  const filter = { operation: 'createKey', target: '/keys', keyId: 'key_1', consumer: 'demo', outcome: 'done' }
  await run('listAudit', { ...filter, since: '1h', until: '2026-11-22T11:30:00Z', limit: 9, beforeId: 100 })
  assert.deepEqual(asked.audit, { ...filter, from: noon - 3_600_000, to: noon - 1_800_000, limit: 9, beforeId: 100 })
  await assert.rejects(run('listAudit', { since: 'yesterday' }), { code: 'invalid_input' })
})
