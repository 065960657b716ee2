import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { AstraError } from '../../kernel/errors.ts'
import { Secret } from '../../kernel/secret.ts'
import type { StoredKey } from '../../kernel/store.ts'
import { createKeyring } from './keyring.ts'

const demo = { consumer: 'demo', permissions: ['infer'] } as const

/** A store in memory whose writes can be held back or made to fail. */
function fakeStore() {
  const rows = new Map<string, StoredKey>()
  return {
    rows,
    gate: Promise.resolve(),
    keys: async () => [...rows.values()],
    async saveKey(stored: StoredKey) {
      await this.gate
      rows.set(stored.key.id, stored)
    },
  }
}

function open(store = fakeStore()) {
  let now = 1000
  const clock = { now: () => now++, elapsed: () => 0, id: () => '' }
  return createKeyring({ store, clock, random: randomBytes })
}

test('a created key is found, and nothing else is', async () => {
  const keyring = await open()
  const { key, secret } = await keyring.create({ ...demo, models: ['spam'], note: 'a note' })
  assert.equal(keyring.find(secret.reveal()), key)
  assert.deepEqual(
    { ...key, id: key.id.replace(/[0-9a-f]{16}$/, '…') },
    { ...demo, id: 'key_…', models: ['spam'], note: 'a note', createdAt: 1000 },
  )
  const text = secret.reveal()
  for (const other of [
    '',
    key.id,
    text.slice(0, -1),
    `${text}x`,
    text.toUpperCase(),
    `${text}\n`,
    'ÿ\0',
    text.repeat(200),
  ]) {
    assert.equal(keyring.find(other), undefined)
  }
})

test('a key works only once it is durable', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const failing = new AstraError('store_unavailable')
  store.gate = Promise.reject(failing)
  await assert.rejects(keyring.create(demo), failing)
  assert.deepEqual(keyring.list(), [])
})

test('a revocation takes effect before it is durable, and outlives a restart', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const { key, secret } = await keyring.create(demo)
  const held = Promise.withResolvers<void>()
  store.gate = held.promise
  const revoking = keyring.revoke(key.id)
  assert.equal(keyring.find(secret.reveal())?.revokedAt, 1001)
  held.resolve()
  assert.equal((await revoking).revokedAt, 1001)
  const reopened = await open(store)
  assert.equal(reopened.find(secret.reveal())?.revokedAt, 1001)
})

test('a revocation that the store refuses holds here, and repeating it makes it durable', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const { key, secret } = await keyring.create(demo)
  store.gate = Promise.reject(new AstraError('store_unavailable'))
  await assert.rejects(keyring.revoke(key.id), { code: 'store_unavailable' })
  assert.equal(keyring.find(secret.reveal())?.revokedAt, 1001)
  assert.equal(store.rows.get(key.id)?.key.revokedAt, undefined)
  store.gate = Promise.resolve()
  await keyring.revoke(key.id)
  assert.equal(store.rows.get(key.id)?.key.revokedAt, 1001)
})

test('revoking a key that is not there is unknown_key', async () => {
  await assert.rejects((await open()).revoke('key_nobody'), { code: 'unknown_key' })
})

test('an adopted key keeps its id over restarts, takes a new grant, and stays revoked', async () => {
  const store = fakeStore()
  const secret = new Secret('an admin key from the environment')
  await assert.rejects((await open(store)).adopt(secret, demo), { code: 'invalid_option' })
  const fit = new Secret('0123456789abcdef0123456789abcdef')
  const first = await (await open(store)).adopt(fit, demo)
  assert.equal(await (await open(store)).adopt(fit, demo).then(({ id }) => id), first.id)
  const keyring = await open(store)
  const admin = await keyring.adopt(fit, { consumer: 'admin', permissions: ['admin'] })
  assert.deepEqual(admin, { ...first, consumer: 'admin', permissions: ['admin'] })
  assert.deepEqual(keyring.list(), [admin])
  await keyring.revoke(admin.id)
  const again = await keyring.adopt(fit, demo)
  assert.notEqual(again.revokedAt, undefined)
  assert.deepEqual(keyring.find(fit.reveal()), again)
})

test('neither the store nor anything printed holds a key', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const created = await keyring.create(demo)
  const printed = inspect([store.rows, created, keyring.list()], { depth: 9 }) + JSON.stringify(created)
  assert.equal(printed.includes(created.secret.reveal()), false)
})
