import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const row = { id: 'key_1', consumer: 'demo', permissions: ['infer'], createdAt: '2026-11-22T12:00:00.000Z' }
const created = { ...row, models: ['spam'], secret: 'astra_secret' }
const revoked = { ...row, id: 'key_2', note: 'old \u001b[31mnote', revokedAt: '2026-11-23T12:00:00.000Z' }

test('a new key alone goes to stdout, once', async (context) => {
  const { run, asked } = await fakeGateway(context, { 'POST /api/v1/keys': { body: created } })
  const { code, out, notes } = await run(['keys', 'create', 'demo', '--permission', 'infer,read', '--model', 'spam'])
  assert.deepEqual([code, out], [0, 'astra_secret\n'])
  assert.equal(notes, 'This is key_1 of demo (infer; only spam). It is not shown again: keep it now.\n')
  assert.deepEqual(asked[0]?.body, { consumer: 'demo', permissions: ['infer', 'read'], models: ['spam'] })
  const json = await run(['keys', 'create', 'demo', '--json'])
  assert.deepEqual([JSON.parse(json.out), json.notes], [created, ''])
  assert.deepEqual(asked[1]?.body, { consumer: 'demo' })
})

test('keys are listed by their handles, and others’ text cannot steer the terminal', async (context) => {
  const { run } = await fakeGateway(context, { 'GET /api/v1/keys': { body: { keys: [row, revoked] } } })
  const { out } = await run(['keys', 'list'])
  assert.equal(
    out,
    `KEY    CONSUMER  MAY    CREATED              REVOKED              NOTE
key_1  demo      infer  2026-11-22 12:00:00
key_2  demo      infer  2026-11-22 12:00:00  2026-11-23 12:00:00  old \ufffd[31mnote
`,
  )
})

test('a key is revoked by its handle, or was already', async (context) => {
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/keys': { body: { keys: [row, revoked] } },
    'DELETE /api/v1/keys/key_1': { body: { ...revoked, ...row } },
    'DELETE /api/v1/keys/key_2': { body: revoked },
  })
  const { code, notes } = await run(['keys', 'revoke', 'key_1'])
  assert.deepEqual([code, notes, asked[1]?.request], [0, 'Revoked key_1 of demo.\n', 'DELETE /api/v1/keys/key_1'])
  const late = await run(['keys', 'revoke', 'key_2'])
  assert.deepEqual([late.code, late.notes], [0, 'key_2 of demo was revoked already at 2026-11-23 12:00:00 UTC.\n'])
  const strange = await run(['keys', 'revoke', '../deployments'])
  assert.deepEqual([strange.code, asked.at(-1)?.request], [1, 'DELETE /api/v1/keys/..%2Fdeployments'])
})

test('a new key’s end, addresses and limits are said by flags', async (context) => {
  const { run, asked } = await fakeGateway(context, {
    'POST /api/v1/keys': { body: { ...created, expiresAt: row.createdAt } },
  })
  const flags = ['--expires', '30d', '--address', '10.0.0.0/8, ::1', '--requests', '100/minute', '--budget-day', '2.5']
  const { notes } = await run(['keys', 'create', 'demo', ...flags])
  assert.deepEqual(asked[0]?.body, {
    consumer: 'demo',
    expiresAt: '30d',
    addresses: ['10.0.0.0/8', '::1'],
    limits: { requests: '100/minute', budget: { day: 2.5 } },
  })
  assert.match(notes, /It ends at 2026-11-22 12:00:00 UTC\./)
  const odd = await run(['keys', 'create', 'demo', '--concurrent', 'many'])
  assert.deepEqual([odd.code, asked.length], [2, 1])
})

test('a rotated key alone goes to stdout, and the notes say when the old one ends', async (context) => {
  const next = { ...created, id: 'key_3', replaces: 'key_1', replacedUntil: '2026-11-22T13:00:00.000Z' }
  const { run, asked } = await fakeGateway(context, { 'POST /api/v1/keys/key_1/rotate': { body: next } })
  const { out, notes } = await run(['keys', 'rotate', 'key_1', '--overlap', '1h'])
  assert.deepEqual([out, asked[0]?.body], ['astra_secret\n', { overlap: '1h' }])
  assert.match(
    notes,
    /This is key_3 of demo.*\nkey_3 has no end of its own\.\nkey_1 ends at 2026-11-22 13:00:00 UTC\.\n/,
  )
})

test('a change of one limit keeps the others; all can be taken away', async (context) => {
  const limits = { tokens: '10/hour', budget: { day: 1, month: 9 } }
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/keys': { body: { keys: [{ ...row, limits, revision: 7 }] } },
    'PUT /api/v1/keys/key_1': { body: row },
  })
  const { notes } = await run(['keys', 'update', 'key_1', '--requests', '5/second', '--budget-day', '2'])
  assert.equal(notes, 'Changed key_1 of demo.\n')
  const merged = { tokens: '10/hour', requests: '5/second', budget: { day: 2, month: 9 } }
  assert.deepEqual([asked.at(-1)?.body, asked.at(-1)?.headers['if-match']], [{ limits: merged }, '"7"'])
  await run(['keys', 'update', 'key_1', '--no-limits', '--address', 'any', '--expires', 'never'])
  assert.deepEqual(asked.at(-1)?.body, { limits: {}, addresses: [], expiresAt: 'never' })
  await run(['keys', 'update', 'key_1', '--note', 'of the shop'])
  assert.deepEqual(asked.at(-1)?.body, { note: 'of the shop' })
})

test('the list tells where, how much and until when, of keys that have it', async (context) => {
  const bound = {
    ...row,
    addresses: ['::1'],
    limits: { requests: '1/day' },
    expiresAt: row.createdAt,
    lastUsedAt: row.createdAt,
  }
  const { run } = await fakeGateway(context, { 'GET /api/v1/keys': { body: { keys: [bound] } } })
  const [head = '', line = ''] = (await run(['keys', 'list'])).out.split('\n')
  assert.deepEqual(head.split(/ +/), ['KEY', 'CONSUMER', 'MAY', 'FROM', 'LIMITS', 'CREATED', 'USED', 'ENDS'])
  assert.match(line, /^key_1 +demo +infer +::1 +requests +2026/)
})

test('the key that asks, and the last one that administers, are revoked only where that is meant', async (context) => {
  const admin = { ...row, id: 'key_9', permissions: ['admin'] }
  const table = [
    [[row, admin], 'key_1', 'key_1', /key_1 is the key that this command asks with/],
    [
      [row, admin, { ...admin, id: 'key_8', revokedAt: row.createdAt }],
      'key_9',
      'key_1',
      /last key that may administer/,
    ],
    [[admin, { ...admin, id: 'key_8', expiresAt: row.createdAt }], 'key_9', 'key_9', /last key .* ASTRA_ADMIN_KEY/],
    [[admin, { ...admin, id: 'key_8' }], 'key_9', 'key_9', /asks with/],
    [[admin, { ...admin, id: 'key_8' }], 'key_9', 'key_8', undefined],
    [[row, admin], 'key_1', 'key_9', undefined],
  ] as const
  for (const [keys, id, askedWith, warning] of table) {
    const { run, asked } = await fakeGateway(context, {
      'GET /api/v1/keys': { body: { keys, askedWith } },
      [`DELETE /api/v1/keys/${id}`]: { body: { ...row, id } },
    })
    const deleted = () => asked.some(({ request }) => request.startsWith('DELETE'))
    const { code, notes } = await run(['keys', 'revoke', id])
    assert.deepEqual([code, deleted()], warning ? [1, false] : [0, true])
    if (warning) assert.match(notes, warning)
    assert.equal((await run(['keys', 'revoke', id, '--yes'])).code, 0)
    assert.equal(deleted(), true)
  }
})

test('2 where nothing to change is named', async (context) => {
  const { run, asked } = await fakeGateway(context, {})
  const { code, notes } = await run(['keys', 'update', 'key_1'])
  assert.deepEqual([code, asked.length], [2, 0])
  assert.match(notes, /^Nothing to change was named: give --expires/)
})
