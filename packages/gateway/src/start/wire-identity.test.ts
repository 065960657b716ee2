import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Key } from '../kernel/caller.ts'
import { systemClock } from '../kernel/clock.ts'
import { openSqliteStore } from '../stores/sqlite/sqlite.ts'
import { wireIdentity } from './wire-identity.ts'

const key: Key = { id: 'key_1', consumer: 'demo', permissions: ['infer'], createdAt: 0 }

test('gateways that first start together on one store take the tokens of one another', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'astra-identity-'))
  const store = await openSqliteStore({ dataDir, clock: systemClock })
  const start = () =>
    wireIdentity({
      store,
      keyring: { get: (id) => (id === key.id ? key : undefined) },
      catalog: () => testCatalog({ '1.0': 1 }),
      hasConsumer: () => true,
      clock: systemClock,
      log: pino({ level: 'silent' }),
    })
  const gateways = await Promise.all([start(), start(), start()])
  t.after(async () => {
    await Promise.all(gateways.map(({ close }) => close()))
    await store.close()
    await rm(dataDir, { recursive: true })
  })
  const expiresAt = systemClock.now() + 60_000
  for (const { tokens } of gateways) {
    const token = (await tokens.mint(key.id, { expiresAt })).reveal()
    for (const { verifyToken } of gateways) assert.equal((await verifyToken(token)).keyId, key.id)
  }
})
