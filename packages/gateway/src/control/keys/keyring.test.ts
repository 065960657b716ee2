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
    async saveKeys(keys: readonly StoredKey[]) {
      await this.gate
      for (const stored of keys) rows.set(stored.key.id, stored)
    },
    uses: new Map<string, number>(),
    async keyUses() {
      return new Map(this.uses)
    },
    async saveKeyUses(uses: ReadonlyMap<string, number>) {
      await this.gate
      for (const [id, time] of uses) this.uses.set(id, time)
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

test('a rotated key gives its grant to the next one and ends when the overlap does; both are durable together', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const grant = { ...demo, models: ['spam'], addresses: ['10.0.0.0/8'], note: 'a note', expiresAt: 90_000 }
  const old = await keyring.create(grant)
  const next = await keyring.rotate(old.key.id, 60_000)
  const { id, createdAt, replaces, countsAs, ...rest } = next.key
  const ends = createdAt + 90_000 - old.key.createdAt
  assert.deepEqual([rest, replaces, countsAs], [{ ...grant, expiresAt: ends }, old.key.id, old.key.id])
  assert.equal(keyring.find(next.secret.reveal()), next.key)
  assert.equal(keyring.find(old.secret.reveal())?.expiresAt, createdAt + 60_000)
  // It would have ended before the overlap does; the next one may have another end.
  const last = await keyring.rotate(id, 1_000_000, { expiresAt: 500_000 })
  assert.deepEqual([keyring.get(id)?.expiresAt, last.key.expiresAt, last.key.countsAs], [ends, 500_000, old.key.id])
  const reopened = await open(store)
  assert.deepEqual(reopened.list(), keyring.list())

  store.gate = Promise.reject(new AstraError('store_unavailable'))
  const known = keyring.list()
  await assert.rejects(keyring.rotate(known[2]?.id ?? '', 0), { code: 'store_unavailable' })
  assert.deepEqual(keyring.list(), known)
})

test('what cannot be rotated or changed says why', async () => {
  const keyring = await open()
  const { key } = await keyring.create({ ...demo, expiresAt: 1001 })
  await assert.rejects(keyring.rotate('key_nobody', 0), { code: 'unknown_key' })
  await assert.rejects(keyring.rotate(key.id, 0), { code: 'key_expired' })
  // An expired one may be given more time.
  assert.equal((await keyring.update(key.id, { expiresAt: 9000 }, '*')).expiresAt, 9000)
  await keyring.revoke(key.id)
  await assert.rejects(keyring.rotate(key.id, 0), { code: 'key_revoked' })
  await assert.rejects(keyring.update(key.id, { note: 'x' }, '*'), { code: 'key_revoked' })
  const twice = (await keyring.create(demo)).key.id
  const next = await keyring.rotate(twice, 60_000)
  await assert.rejects(keyring.rotate(twice, 60_000), { code: 'conflict', message: RegExp(next.key.id) })
  await keyring.revoke(next.key.id)
  // The end that the overlap gave it is not the length of its life.
  assert.equal((await keyring.rotate(twice, 0)).key.expiresAt, undefined)
  const own = await keyring.adopt(new Secret('0123456789abcdef0123456789abcdef'), demo)
  await assert.rejects(keyring.rotate(own.id, 0), { code: 'conflict' })
  await assert.rejects(keyring.update(own.id, { addresses: ['::1'] }, '*'), { code: 'conflict' })
})

test('an update changes what it names, and undefined takes away', async () => {
  const keyring = await open()
  const { key, secret } = await keyring.create({ ...demo, note: 'a note', addresses: ['::1'] })
  const limits = { requests: { amount: 1, perMs: 1000, burst: 1 } }
  const changed = await keyring.update(key.id, { limits, addresses: undefined }, '*')
  assert.deepEqual(changed, { ...demo, id: key.id, createdAt: key.createdAt, note: 'a note', limits, revision: 2 })
  assert.equal(keyring.find(secret.reveal()), changed)
  await assert.rejects(keyring.update(key.id, { note: 'late' }, ['1']), { code: 'precondition_failed' })
  assert.equal((await keyring.update(key.id, { note: 'b' }, ['2'])).revision, 3)
  const next = await keyring.rotate(key.id, 60_000)
  assert.deepEqual([next.key.revision, keyring.get(key.id)?.revision], [undefined, 4])
})

test('changes at the same time build on one another', async () => {
  const keyring = await open()
  const { key } = await keyring.create(demo)
  await Promise.all([
    keyring.update(key.id, { note: 'a note' }, '*'),
    keyring.rotate(key.id, 60_000),
    keyring.update(key.id, { addresses: ['::1'] }, '*'),
  ])
  const { note, addresses, expiresAt } = keyring.get(key.id) ?? {}
  assert.deepEqual([note, addresses, expiresAt !== undefined], ['a note', ['::1'], true])
})

test('what is revoked while a change of it is written stays revoked', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const { key, secret } = await keyring.create(demo)
  const held = Promise.withResolvers<void>()
  store.gate = held.promise
  const updating = keyring.update(key.id, { note: 'late' }, '*')
  await Promise.resolve()
  const revoking = keyring.revoke(key.id)
  held.resolve()
  await Promise.all([updating, revoking])
  assert.notEqual(keyring.find(secret.reveal())?.revokedAt, undefined)
  assert.notEqual(store.rows.get(key.id)?.key.revokedAt, undefined)
})

test('last use is kept in memory, written when asked to, and outlives a restart', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const { key } = await keyring.create(demo)
  assert.equal(keyring.lastUsedAt(key.id), undefined)
  keyring.used(key.id)
  const used = keyring.lastUsedAt(key.id)
  assert.ok(used)
  assert.equal(store.uses.size, 0)
  store.gate = Promise.reject(new AstraError('store_unavailable'))
  await assert.rejects(keyring.saveUses(), { code: 'store_unavailable' })
  store.gate = Promise.resolve()
  await keyring.saveUses()
  assert.equal((await open(store)).lastUsedAt(key.id), used)
  store.uses.clear()
  await keyring.saveUses()
  assert.equal(store.uses.size, 0)
})

test('neither the store nor anything printed holds a key', async () => {
  const store = fakeStore()
  const keyring = await open(store)
  const created = await keyring.create(demo)
  const printed = inspect([store.rows, created, keyring.list()], { depth: 9 }) + JSON.stringify(created)
  assert.equal(printed.includes(created.secret.reveal()), false)
})
