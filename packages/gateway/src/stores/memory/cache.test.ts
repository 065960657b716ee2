import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cacheConformance, entryOf } from '../conformance/cache.ts'
import { memoryCache } from './cache.ts'

describe('the cache in memory', () => {
  cacheConformance(async () => memoryCache({ bytesMax: 1_000_000, ownBytesMax: 100_000, clock: { now: () => 0 } }))
})

function bedOf(bytesMax: number, ownBytesMax = 0) {
  let now = 0
  const store = memoryCache({ bytesMax, ownBytesMax, clock: { now: () => now } })
  return { store, pass: (ms: number) => (now += ms) }
}

const has = (store: ReturnType<typeof memoryCache>, key: string) => store.get(key) !== undefined

test('an answer is there for as long as it was to be kept', () => {
  const { store, pass } = bedOf(10_000)
  store.set('a', entryOf('x'), 100)
  store.add('b', entryOf('x'), 100)
  pass(99)
  assert.deepEqual([has(store, 'a'), store.add('b', entryOf('y'), 100)], [true, false])
  pass(1)
  assert.deepEqual([has(store, 'a'), store.add('b', entryOf('y'), 100)], [false, true])
})

test('where room is needed, those go that were not asked for longest', () => {
  const { store } = bedOf(3600)
  const filled = entryOf('x'.repeat(500))
  for (const key of ['a', 'b', 'c']) store.set(key, filled, 1000)
  assert.ok(has(store, 'a'))
  store.set('d', filled, 1000)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => has(store, key)),
    [true, false, true, true],
  )
})

test('one that is larger than all the room is not kept, and costs nobody its place', () => {
  const { store } = bedOf(3000)
  store.set('a', entryOf('x'), 1000)
  store.set('b', entryOf('x'.repeat(5000)), 1000)
  assert.deepEqual([has(store, 'a'), has(store, 'b')], [true, false])
})

test('what was added is there until it is replaced, deleted or over, however much else is kept', () => {
  const { store, pass } = bedOf(2000, 2500)
  const filled = entryOf('x'.repeat(500))
  assert.equal(store.add('#running', entryOf('x'), 1000), true)
  for (let i = 0; i < 9; i++) {
    store.set(`spam@v1/1.0#${i}`, filled, 1000)
    store.set(`#${i}`, filled, 1000)
  }
  assert.equal(store.add('#running', entryOf('y'), 1000), false)
  assert.ok(has(store, '#8'))
  store.set('#running', filled, 1000)
  for (let i = 0; i < 9; i++) store.set(`#${i}`, filled, 1000)
  assert.equal(has(store, '#running'), false)
  store.add('#over', entryOf('x'.repeat(900)), 100)
  pass(100)
  assert.equal(store.add('#next', entryOf('x'.repeat(1500)), 100), true)
})

test('what there is no room for is not said to be added', () => {
  const { store } = bedOf(2000, 1500)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => store.add(`#${key}`, entryOf('x'), 1000)),
    [true, true, undefined],
  )
  store.delete('#a')
  assert.equal(store.add('#c', entryOf('x'), 1000), true)
  assert.equal(bedOf(0).store.add('#a', entryOf('x'), 1000), undefined)
})

test('whatever is kept, deleted and purged, the bytes are those of what is there, and never more than the bound', async () => {
  const step = fc.record({
    key: fc.constantFrom('a@v1/1#1', 'a@v1/1#2', 'b@v1/1#1', '#1', '#2'),
    act: fc.nat(5),
    size: fc.nat(1200),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step), async (steps) => {
      const { store, pass } = bedOf(1500, 1000)
      for (const { key, act, size } of steps) {
        if (act < 2) store.set(key, entryOf('x'.repeat(size)), 100)
        else if (act === 2) store.delete(key)
        else if (act === 3) await store.purge('a')
        else if (act === 4) store.add(key, entryOf('x'.repeat(size)), 100)
        else pass(size / 10)
        const { bytes = 0, entries } = store.status()
        assert.ok(bytes <= 2500 && bytes >= 0)
        assert.equal(entries === 0, bytes === 0)
      }
    }),
  )
})

test('a short answer and a long one come back to the byte, also once many others were asked for', () => {
  const { store } = bedOf(100_000_000)
  const kept = Array.from({ length: 5000 }, (_, i) => Buffer.alloc(i % 100 === 0 ? 5000 : 150 + (i % 200), i % 251))
  for (const [i, bytes] of kept.entries()) store.set(`spam@v1/1.0#${i}`, { bytes, storedAt: i }, 1000)
  for (let round = 0; round < 2; round++) {
    for (const [i, bytes] of kept.entries()) assert.deepEqual(store.get(`spam@v1/1.0#${i}`), { bytes, storedAt: i })
  }
})

/** So much that short ones lie in slabs, of which some thousand answers fill all. */
const slabsMax = 400_000

test('short and long answers, come and gone in whatever order, never take more than the bound, and are read as they were put', async () => {
  const step = fc.record({
    act: fc.constantFrom('fill', 'fill', 'set', 'add', 'read', 'delete', 'pass', 'purge'),
    length: fc.oneof(fc.nat(600), fc.nat(5000), fc.nat(150_000)),
    from: fc.nat(999),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { store, pass } = bedOf(slabsMax)
      const put = new Map<string, Buffer>()
      const set = (at: number, length: number, how: 'set' | 'add') => {
        const [key, bytes] = [`m@v${at % 2}/1#${at}`, Buffer.alloc(length, at % 251)]
        if (store[how](key, { bytes, storedAt: 0 }, 100 + at) !== false) put.set(key, bytes)
      }
      const acts = {
        fill: (from: number, length: number) => {
          for (let at = from; at < from + 300; at++) set(at % 1000, length % 500, 'set')
        },
        set: (from: number, length: number) => set(from, length, 'set'),
        add: (from: number, length: number) => set(from, length, 'add'),
        read: (from: number) => {
          for (let at = from; at < from + 500; at++) isAsPut(`m@v${at % 2}/1#${at % 1000}`)
        },
        delete: (from: number) => store.delete(`m@v${from % 2}/1#${from}`),
        pass: (_: number, length: number) => pass(length % 500),
        purge: (from: number) => store.purge(`m@v${from % 2}`),
      }
      const isAsPut = (key: string) => {
        const entry = store.get(key)
        if (entry && !(entry instanceof Promise)) assert.deepEqual(entry.bytes, put.get(key))
      }
      for (const { act, from, length } of steps) {
        await acts[act](from, length)
        const { bytes = Number.NaN } = store.status()
        assert.ok(bytes <= slabsMax, `${bytes} after ${act}`)
      }
      for (const key of put.keys()) isAsPut(key)
    }),
  )
})

test('where short answers filled it, long ones take the room of those not asked for longest, of which the rest moves', () => {
  const { store } = bedOf(slabsMax)
  const short = (at: number) => Buffer.alloc(200, at)
  for (let at = 0; at < 2000; at++) store.set(`short ${at}`, { bytes: short(at), storedAt: 0 }, 1000)
  const kept = store.status().entries ?? 0
  for (let at = 0; at < 60; at++) store.set(`long ${at}`, { bytes: Buffer.alloc(5000, at), storedAt: 0 }, 1000)
  const { entries = 0, bytes = 0 } = store.status()
  assert.ok(bytes <= slabsMax && bytes > slabsMax * 0.9)
  const left = entries - 60
  assert.ok(left > 0 && left < kept / 3)
  for (let at = 0; at < 2000; at++) {
    const entry = at < 2000 - left ? undefined : { bytes: short(at), storedAt: 0 }
    assert.deepEqual(store.get(`short ${at}`), entry)
  }
})

test('of short answers those given last are at hand as they were, of no more than the bounds, and the others are let go', () => {
  for (const { bytesMax, length, most } of [
    { bytesMax: 100_000_000, length: 1, most: 4096 },
    // A sixteenth of the room; one takes 400 bytes besides its own.
    { bytesMax: 3_200_000, length: 600, most: 200 },
  ]) {
    const { store } = bedOf(bytesMax)
    const keys = Array.from({ length: most + 500 }, (_, at) => `k${at}`)
    for (const key of keys) store.set(key, { bytes: Buffer.alloc(length), storedAt: 0 }, 1000)
    const given = keys.map((key) => store.get(key))
    // The last first: who is not at hand is so from then on, and another is let go.
    const same = keys.map((key, at) => ({ key, before: given[at] })).toReversed()
    assert.deepEqual(
      same.map(({ key, before }) => store.get(key) === before),
      same.map((_, at) => at < most),
    )
  }
})

test('what is replaced or deleted is at hand no more', () => {
  const { store } = bedOf(slabsMax)
  store.set('a', entryOf('x'), 1000)
  const { bytes } = store.status()
  assert.equal(store.get('a'), store.get('a'))
  store.set('a', entryOf('y'), 1000)
  assert.equal(store.status().bytes, bytes)
  assert.deepEqual(store.get('a'), entryOf('y'))
  store.delete('a')
  assert.equal(store.get('a'), undefined)
  store.set('a', entryOf('z'), 1000)
  assert.equal(store.status().bytes, bytes)
})

test('of a piece of larger memory a copy is kept, so that it neither holds the whole nor changes with it', () => {
  const { store } = bedOf(100_000)
  for (const bytes of [Buffer.alloc(9).subarray(0, 3), Buffer.alloc(20_000).subarray(0, 5000)]) {
    store.set('a', { bytes, storedAt: 0 }, 1000)
    const before = Buffer.from(bytes)
    bytes.fill(7)
    assert.deepEqual(store.get('a'), { bytes: before, storedAt: 0 })
  }
})
