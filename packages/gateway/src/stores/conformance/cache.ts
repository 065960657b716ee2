import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { CacheEntry, CacheStore } from '../../kernel/cache.ts'

export const entryOf = (text: string, storedAt = 1_795_000_000_123): CacheEntry => ({
  bytes: Buffer.from(text),
  storedAt,
})

const hour = 3_600_000

/** What every store of answers keeps to. `open` gives an empty one; `wait` lets what was written be there. */
export function cacheConformance(
  open: () => Promise<CacheStore>,
  wait: () => Promise<void> = async () => undefined,
): void {
  const textOf = async (store: CacheStore, key: string) => (await store.get(key))?.bytes.toString()

  it('gives back what was kept, to the byte, with its time', async () => {
    const store = await open()
    const bytes = Buffer.from([0, 255, 10, 13, 128])
    store.set('spam@v1/1.0#a', { bytes, storedAt: 1_795_000_000_123 }, hour)
    await wait()
    const found = await store.get('spam@v1/1.0#a')
    assert.deepEqual([found && Buffer.from(found.bytes), found?.storedAt], [bytes, 1_795_000_000_123])
    assert.equal(await store.get('spam@v1/1.0#b'), undefined)
  })

  it('keeps the newest, until it is deleted', async () => {
    const store = await open()
    store.set('a', entryOf('old'), hour)
    store.set('a', entryOf('new'), hour)
    await wait()
    assert.equal(await textOf(store, 'a'), 'new')
    store.delete('a')
    await wait()
    assert.equal(await textOf(store, 'a'), undefined)
  })

  it('lets one of several come first, and the next when that is gone', async () => {
    const store = await open()
    const said = await Promise.all(['1', '2', '3'].map((text) => store.add('a', entryOf(text), hour)))
    assert.deepEqual(said, [true, false, false])
    assert.equal(await textOf(store, 'a'), '1')
    store.delete('a')
    assert.equal(await store.add('a', entryOf('4'), hour), true)
  })

  it('forgets a model, a contract or a version, and nothing whose name only begins like it', async () => {
    const store = await open()
    const names = [
      'spam@v1/1.0',
      'spam@v1/1.0.1',
      'spam@v1/1.1',
      'spam@v10/1.0',
      'spam@v2/1.0',
      'spam.eu@v1/1.0',
      'spa@v1/1.0',
      '',
    ]
    const left = async () => {
      const found = await Promise.all(names.map(async (name) => ((await store.get(`${name}#x`)) ? [name] : [])))
      return found.flat()
    }
    const purge = async (prefix: string) => [await store.purge(prefix), await left()]
    for (const name of names) store.set(`${name}#x`, entryOf(name), hour)
    await wait()
    const without = (...gone: string[]) => names.filter((name) => !gone.includes(name))
    assert.deepEqual(await purge('spam@v1/1.0'), [1, without('spam@v1/1.0')])
    assert.deepEqual(await purge('spam@v1'), [2, without('spam@v1/1.0', 'spam@v1/1.0.1', 'spam@v1/1.1')])
    assert.deepEqual(await purge('spam'), [2, ['spam.eu@v1/1.0', 'spa@v1/1.0', '']])
    assert.deepEqual(await purge('spam'), [0, ['spam.eu@v1/1.0', 'spa@v1/1.0', '']])
    assert.deepEqual(await purge('s*'), [0, ['spam.eu@v1/1.0', 'spa@v1/1.0', '']])
  })
}
