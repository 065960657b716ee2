import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const who = { time: '2026-11-22T12:00:00.000Z', keyId: 'key_1', consumer: 'admin' }
const entries = [
  { ...who, id: 8, address: '192.0.2.7', operation: 'revokeKey', target: '/keys/key_2', outcome: 'done', before: '{}' },
  { ...who, id: 7, operation: 'setTraffic', target: '/models/spam/v1/traffic', outcome: 'refused', code: 'forbidden' },
]

test('the audit log is listed by its filters, page by page', async (context) => {
  const { run, asked } = await fakeGateway(context, { 'GET /api/v1/audit': { body: { entries, next: 7 } } })
  const { out, notes } = await run(['audit', '--operation', 'revokeKey', '--since', '1d', '--limit', '2'])
  assert.equal(
    out,
    `ID  TIME                 CONSUMER  KEY    FROM       OPERATION   TARGET                   OUTCOME
 8  2026-11-22 12:00:00  admin     key_1  192.0.2.7  revokeKey   /keys/key_2              done
 7  2026-11-22 12:00:00  admin     key_1             setTraffic  /models/spam/v1/traffic  refused: forbidden
`,
  )
  assert.equal(notes, 'There are more: --before-id 7\n')
  assert.match(String(asked[0]?.request), /^GET \/api\/v1\/audit/)
  const json = await run(['audit', '--json'])
  assert.deepEqual(JSON.parse(json.out).entries, entries)
})
