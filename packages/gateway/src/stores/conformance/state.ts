import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredCatalog, StoredKey } from '../../kernel/store.ts'
import type { NewPlace } from '../conformance.ts'
import { start, withPlace, withStore } from './samples.ts'

function catalog(revision: number): StoredCatalog {
  const state = { models: {}, consumers: { [`team-${revision}`]: { demo: false } } }
  return { revision, time: start + revision, state, digests: { 'spam/1/1.0': `sha256:${revision}` } }
}

const key: StoredKey = {
  key: { id: 'key_1', consumer: "o'neill", permissions: ['infer'], models: ['spam'], note: 'ä"', createdAt: start },
  hash: 'a'.repeat(64),
}

export function stateConformance(newPlace: NewPlace): void {
  test('an empty store has no catalog, no keys and no settings', () =>
    withStore(newPlace, async ({ state }) => {
      assert.equal(await state.catalog(), undefined)
      assert.deepEqual(await state.keys(), [])
      assert.equal(await state.setting('salt'), undefined)
    }))

  test('what management keeps outlives the store', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      await before.state.saveCatalog(catalog(1))
      await before.state.saveCatalog(catalog(2))
      await before.state.saveKeys([key])
      await before.state.saveSetting('salt', '')
      await before.state.saveSetting('digest', 'one')
      await before.state.saveSetting('digest', 'two')
      await before.close()
      const { state, close } = await place.open()
      assert.deepEqual(await state.catalog(), catalog(2))
      assert.deepEqual(await state.keys(), [key])
      assert.deepEqual([await state.setting('salt'), await state.setting('digest')], ['', 'two'])
      await close()
    }))

  test('of settings that are to be made once, all who ask at once get the first', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      const made = await Promise.all(['a', 'b', 'c'].map((value) => before.state.settingOr('salt', value)))
      assert.deepEqual(made, ['a', 'a', 'a'])
      await before.close()
      const { state, close } = await place.open()
      assert.deepEqual([await state.settingOr('salt', 'd'), await state.setting('salt')], ['a', 'a'])
      await state.saveSetting('salt', 'e')
      assert.equal(await state.settingOr('salt', 'f'), 'e')
      await close()
    }))

  test('a catalog revision that does not follow the newest is a conflict and changes nothing', () =>
    withStore(newPlace, async ({ state }) => {
      await assert.rejects(state.saveCatalog(catalog(2)), { code: 'conflict' })
      await state.saveCatalog(catalog(1))
      for (const revision of [0, 1, 3]) {
        await assert.rejects(state.saveCatalog(catalog(revision)), { code: 'conflict' })
      }
      assert.deepEqual(await state.catalog(), catalog(1))
    }))

  test('of two that save the same revision one is told of the conflict', () =>
    withStore(newPlace, async ({ state }) => {
      const results = await Promise.allSettled([state.saveCatalog(catalog(1)), state.saveCatalog(catalog(1))])
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    }))

  test('only the newest catalog is needed after 150 revisions', () =>
    withStore(newPlace, async ({ state }) => {
      for (let revision = 1; revision <= 150; revision += 1) await state.saveCatalog(catalog(revision))
      assert.deepEqual(await state.catalog(), catalog(150))
    }))

  test('a key saved again under its hash replaces the one before', () =>
    withStore(newPlace, async ({ state }) => {
      const revoked = { ...key, key: { ...key.key, revokedAt: start + 5 } }
      const other = { ...key, hash: 'b'.repeat(64) }
      await state.saveKeys([key])
      await state.saveKeys([other])
      await state.saveKeys([revoked])
      const keys = [...(await state.keys())].sort((a, b) => a.hash.localeCompare(b.hash))
      assert.deepEqual(keys, [revoked, other])
    }))

  test('keys are saved together, and when each was used is kept beside them', () =>
    withPlace(newPlace, async (place) => {
      const other = { key: { ...key.key, id: 'key_2', replaces: 'key_1', expiresAt: start + 9 }, hash: 'c'.repeat(64) }
      const before = await place.open()
      assert.equal((await before.state.keyUses()).size, 0)
      await before.state.saveKeys([key, other])
      await before.state.saveKeyUses(
        new Map([
          ['key_1', start],
          ['key_2', start + 1],
        ]),
      )
      await before.state.saveKeyUses(new Map([['key_1', start + 2]]))
      await before.close()
      const { state, close } = await place.open()
      assert.deepEqual([...(await state.keyUses())].sort(), [
        ['key_1', start + 2],
        ['key_2', start + 1],
      ])
      assert.deepEqual((await state.keys()).map(({ key }) => key.id).sort(), ['key_1', 'key_2'])
      await close()
    }))
}
