import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createKeyring } from '../control/keys/keyring.ts'
import { testCatalog } from '../journey/testing/fixtures.ts'
import { systemClock } from '../kernel/clock.ts'
import type { StoredKey } from '../kernel/store.ts'
import type { StartChange } from './audit-start.ts'
import { ownKeys } from './own-keys.ts'

test('what a start does to the keys of the gateway stands in the audit log, and no key with it', async (context) => {
  const data = await mkdtemp(join(tmpdir(), 'own-keys-'))
  context.after(() => rm(data, { recursive: true }))
  const rows = new Map<string, StoredKey>()
  const store = {
    keys: async () => [...rows.values()],
    saveKeys: async (keys: readonly StoredKey[]) => {
      for (const stored of keys) rows.set(stored.key.id, stored)
    },
    keyUses: async () => new Map<string, number>(),
    saveKeyUses: async () => {},
  }
  const keyring = await createKeyring({ store, clock: systemClock, random: randomBytes })
  const changes: StartChange[] = []
  const start = async (adminKey: string) => {
    changes.length = 0
    const options = { listen: '', data, config: '', models: '', adminKey }
    await ownKeys.prepare({
      keyring,
      options,
      catalog: testCatalog({ '1.0': 1 }, { consumers: { demo: { demo: false } } }),
      audit: async (change) => void changes.push(change),
    })
    return changes.map(({ operation }) => operation)
  }
  const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]
  assert.deepEqual(await start(first), ['createKey'])
  assert.deepEqual(await start(first), [])
  assert.deepEqual(await start(second), ['createKey', 'revokeKey'])
  const [made, revoked] = changes
  const [old, next] = keyring.list()
  assert.deepEqual([made?.target, revoked?.target], [`/keys/${next?.id}`, `/keys/${old?.id}`])
  assert.equal(JSON.stringify(revoked?.before).includes('revokedAt'), false)
  assert.match(JSON.stringify(revoked?.after), /"revokedAt":"/)
  assert.doesNotMatch(JSON.stringify(changes), /a{32}|b{32}/)
})
