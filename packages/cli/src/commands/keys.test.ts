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
