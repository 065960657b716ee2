import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

test('a key is created, shown once, listed without its secret, and revoked', async () => {
  const { run, ports } = await fakePlatform()
  const { output } = await run('createKey', { consumer: 'demo', models: ['spam'], note: 'a note' })
  const { secret, ...row } = output
  assert.match(String(secret), /^astra_/)
  assert.deepEqual(row, {
    id: ports.keyring.list()[0]?.id,
    consumer: 'demo',
    permissions: ['infer'],
    models: ['spam'],
    note: 'a note',
    createdAt: '2026-11-22T12:00:00.000Z',
  })
  assert.deepEqual((await run('listKeys', {})).output, { keys: [row] })
  const revoked = { ...row, revokedAt: '2026-11-22T12:00:00.000Z' }
  assert.deepEqual((await run('revokeKey', { id: row.id })).output, revoked)
  assert.deepEqual((await run('listKeys', {})).output, { keys: [revoked] })
})

test('404 for a consumer, model or key that is not there, naming the nearest; no key is made', async () => {
  const { run, ports } = await fakePlatform()
  await assert.rejects(run('createKey', { consumer: 'chekout' }), {
    code: 'unknown_consumer',
    facts: { detail: 'There is no consumer "chekout"', next: 'Did you mean "checkout"?' },
  })
  await assert.rejects(run('createKey', { consumer: 'demo', models: ['spam', 'digit'] }), {
    code: 'unknown_model',
    facts: { detail: 'There is no model "digit"', next: 'Did you mean "digits"?' },
  })
  await assert.rejects(run('revokeKey', { id: 'key_x' }), { code: 'unknown_key' })
  assert.deepEqual(ports.keyring.list(), [])
})

test('403 when a key would grant what it has not', async () => {
  const { run, ports } = await fakePlatform()
  const all = { consumer: 'demo', permissions: ['admin'] }
  await assert.rejects(run('createKey', all, { permissions: ['operate', 'infer'] }), { code: 'forbidden' })
  const bound = { models: ['spam'] }
  await assert.rejects(run('createKey', { consumer: 'demo', models: ['digits'] }, bound), { code: 'model_forbidden' })
  assert.deepEqual(ports.keyring.list(), [])
  const { output } = await run('createKey', { consumer: 'demo', permissions: ['read', 'read'] }, bound)
  assert.deepEqual([output.models, output.permissions], [['spam'], ['read']])
})
