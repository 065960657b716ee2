import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AstraError } from '../../kernel/errors.ts'
import { chosenKey, fakePlatform } from './fake-platform.ts'

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
    revision: 1,
  })
  assert.deepEqual((await run('listKeys', {})).output.keys, [row])
  assert.match(String((await run('listKeys', {})).output.askedWith), /^key_/)
  const revoked = { ...row, revokedAt: '2026-11-22T12:00:00.000Z', revision: 2 }
  assert.deepEqual((await run('revokeKey', { id: row.id })).output, revoked)
  assert.deepEqual((await run('listKeys', {})).output.keys, [revoked])
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
  await assert.rejects(run('createKey', { consumer: 'astra-judge' }), {
    code: 'invalid_input',
    message: /consumer is the gateway itself: no key can be made for it/,
  })
  assert.deepEqual(ports.keyring.list(), [])
})

test('400 for a note that holds a key, which is not repeated', async () => {
  const { run, ports } = await fakePlatform()
  const { output } = await run('createKey', { consumer: 'demo', note: 'a note' })
  const note = `made with ${chosenKey}`
  for (const [name, input] of [
    ['createKey', { consumer: 'demo', note }],
    ['updateKey', { id: output.id, note }],
  ] as const) {
    await assert.rejects(run(name, input, {}, '*'), (error: AstraError) => {
      assert.deepEqual([error.code, error.facts.violations?.[0]?.path], ['invalid_input', '/note'])
      return !JSON.stringify(error.facts).includes(chosenKey)
    })
  }
  assert.deepEqual(
    ports.keyring.list().map(({ note }) => note),
    ['a note'],
  )
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

const limits = { requests: '100/minute', tokens: { rate: '1000/hour', burst: 10 }, concurrent: 2, budget: { day: 2.5 } }

test('limits, addresses and an end are said at the making, and changed one by one', async () => {
  const { run } = await fakePlatform()
  const asked = {
    consumer: 'demo',
    limits,
    addresses: ['10.0.0.0/8', '10.0.0.0/8', '::1'],
    expiresAt: '30d',
    note: 'a',
  }
  const { output: made } = await run('createKey', asked)
  const end = '2026-12-22T12:00:00.000Z'
  assert.deepEqual([made.limits, made.addresses, made.expiresAt], [limits, ['10.0.0.0/8', '::1'], end])
  const change = { id: made.id, limits: { concurrent: 3 }, note: '' }
  const { output: changed, etag } = await run('updateKey', change, {}, '1')
  assert.deepEqual([changed.revision, etag], [2, '2'])
  const told = (key: Record<string, unknown>) => [key.limits, key.addresses, key.expiresAt, key.note]
  assert.deepEqual(told(changed), [{ concurrent: 3 }, ['10.0.0.0/8', '::1'], end, undefined])
  const stale = { code: 'precondition_failed', message: /^key_\w+ stands at revision 2, not at 1$/ }
  await assert.rejects(run('updateKey', { id: made.id, note: 'late' }, {}, '1'), stale)
  const none = { id: made.id, limits: {}, addresses: [], expiresAt: 'never' }
  const { output: freed } = await run('updateKey', none, {}, '*')
  assert.deepEqual(told(freed), [undefined, undefined, undefined, undefined])
})

test('422 for what is no limit, address, end or overlap, naming the field; nothing is made or changed', async () => {
  const { run, ports } = await fakePlatform()
  const { output: made } = await run('createKey', { consumer: 'demo' })
  for (const [field, value] of [
    ['limits', { requests: '100 per minute' }],
    ['limits', { tokens: { rate: '0/minute' } }],
    ['addresses', ['10.0.0.0/33']],
    ['addresses', ['example.com']],
    ['expiresAt', '30'],
    ['expiresAt', '0d'],
    ['expiresAt', '2026-11-22T12:00:00Z'],
  ] as const) {
    const refused = { code: 'invalid_input', message: RegExp(field) }
    await assert.rejects(run('createKey', { consumer: 'demo', [field]: value }), refused)
    await assert.rejects(run('updateKey', { id: made.id, [field]: value }, {}, '*'), refused)
  }
  for (const overlap of ['1', '31d', '-1h']) {
    await assert.rejects(run('rotateKey', { id: made.id, overlap }), { code: 'invalid_input', message: /overlap/ })
  }
  assert.equal(ports.keyring.list().length, 1)
})

test('a rotated key tells until when the one before works: a day, when nothing is said', async () => {
  const { run } = await fakePlatform()
  const { output: made } = await run('createKey', { consumer: 'demo', limits })
  const { output: next } = await run('rotateKey', { id: made.id })
  assert.deepEqual([next.replaces, next.limits, next.replacedUntil], [made.id, limits, '2026-11-23T12:00:00.000Z'])
  const { output: last } = await run('rotateKey', { id: next.id, overlap: '0' })
  assert.equal(last.replacedUntil, '2026-11-22T12:00:00.000Z')
})

test('403 when whoever asks could get by a rotation or a change what its own key may not do', async () => {
  const { run } = await fakePlatform()
  const { output: made } = await run('createKey', { consumer: 'demo', models: ['digits'] })
  const bound = { models: ['spam'] }
  await assert.rejects(run('rotateKey', { id: made.id }, bound), { code: 'model_forbidden' })
  await assert.rejects(run('updateKey', { id: made.id, addresses: [] }, bound, '*'), { code: 'model_forbidden' })
})
