import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { VectorIndex } from './vector-index.ts'

function indexOf(over: Partial<ConstructorParameters<typeof VectorIndex>[0]> = {}) {
  let now = 0
  const index = new VectorIndex({ clock: { now: () => now }, ...over })
  return { index, pass: (ms: number) => (now += ms) }
}

const at = (degrees: number) => {
  const angle = (degrees * Math.PI) / 180
  return Float32Array.of(Math.cos(angle), Math.sin(angle))
}

/** What one of two numbers takes: a cell, and what is counted besides. */
const entryBytes = 528 + 600

describe('an index of vectors', () => {
  it('finds the nearest, with its cosine similarity', () => {
    const { index } = indexOf()
    index.add('f', 'm@v1/1#a', at(0), 100)
    index.add('f', 'm@v1/1#b', at(40), 100)
    const near = index.nearest('f', at(10))
    assert.equal(near?.key, 'm@v1/1#a')
    assert.ok(Math.abs((near?.similarity ?? 0) - Math.cos(Math.PI / 18)) < 1e-6)
    assert.ok((index.nearest('f', at(40))?.similarity ?? 2) <= 1)
  })

  it('takes vectors of any length, and compares those of one length only', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 40 }), (numbers) => {
        const { index } = indexOf()
        const vector = Float32Array.from(numbers, (number) => number / 100)
        index.add('f', 'm@v1/1#a', vector, 100)
        const expected = vector.reduce((sum, number) => sum + number * number, 0)
        assert.ok(Math.abs((index.nearest('f', vector)?.similarity ?? 9) - expected) < 1e-5)
        assert.equal(index.nearest('f', Float32Array.from([...vector, 0])), undefined)
      }),
    )
  })

  it('forgets what has expired, was removed or purged', () => {
    const { index, pass } = indexOf()
    for (const key of ['m@v1/1#a', 'm@v1/2#b', 'n@v1/1#c', 'm@v1/1#d']) index.add('f', key, at(0), 100)
    index.purge('m@v1/1')
    assert.equal(index.size, 2)
    index.remove('n@v1/1#c')
    assert.equal(index.nearest('f', at(0))?.key, 'm@v1/2#b')
    assert.deepEqual([index.renew('m@v1/2#b', 200), index.renew('m@v1/1#a', 200)], [true, false])
    pass(100)
    assert.equal(index.nearest('f', at(0))?.key, 'm@v1/2#b')
    pass(100)
    assert.equal(index.nearest('f', at(0)), undefined)
    assert.deepEqual([index.size, index.bytes], [0, 0])
  })

  it('makes room: in a family for the newest, among families for those asked for last', () => {
    const { index } = indexOf({ entriesMax: 2, bytesMax: 4 * entryBytes })
    for (const key of ['a', 'b', 'c']) index.add('f', key, at(0), 100)
    assert.deepEqual([index.renew('a', 100), index.size], [false, 2])
    index.add('g', 'd', at(0), 100)
    index.add('h', 'e', at(0), 100)
    index.nearest('f', at(0))
    index.add('i', 'j', at(0), 100)
    assert.equal(index.nearest('g', at(0)), undefined)
    assert.ok(index.nearest('f', at(0)))
  })

  it('never keeps more than its bounds, never crosses families, and finds the best of all that it kept', () => {
    const step = fc.record({
      family: fc.constantFrom('f', 'g', 'h'),
      key: fc.nat(20),
      degrees: fc.nat(359),
      act: fc.constantFrom('add', 'add', 'add', 'remove', 'look'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bytesMax = 10 * entryBytes
        const { index } = indexOf({ entriesMax: 4, bytesMax })
        const owners = new Map<string, string>()
        for (const { family, key, degrees, act } of steps) {
          const name = `m@v1/1#${key}`
          if (act === 'add') {
            index.add(family, name, at(degrees), 100)
            owners.set(name, family)
            assert.ok((index.nearest(family, at(degrees))?.similarity ?? 0) > 0.999999)
          } else if (act === 'remove') index.remove(name)
          const near = index.nearest(family, at(degrees))
          if (near) assert.equal(owners.get(near.key), family)
          assert.ok(index.bytes <= bytesMax && index.size <= 12)
          assert.equal(index.bytes === 0, index.size === 0)
        }
      }),
    )
  })

  it('finds what a plain comparison of all finds: but for rounding the nearest, and of equal vectors the oldest', () => {
    const dimensions = 130
    const component = fc.integer({ min: -9, max: 9 })
    const directions = fc.array(component, { minLength: dimensions, maxLength: dimensions })
    const vectors = fc.array(directions.map(unit), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(vectors, fc.array(fc.nat(), { maxLength: 12 }), directions.map(unit), (made, again, asked) => {
        const { index } = indexOf()
        const all = [...made, ...again.flatMap((at) => made[at % made.length] ?? [])]
        for (const [at, vector] of all.entries()) index.add('f', `m@v1/1#${at}`, vector, 100)
        for (const vector of [asked, ...made]) {
          const near = index.nearest('f', vector)
          const found = Number(near?.key.slice('m@v1/1#'.length))
          const best = Math.max(...all.map((one) => product(one, vector)))
          const given = all[found]
          assert.ok(given && product(given, vector) > best - 1e-6)
          assert.ok(Math.abs((near?.similarity ?? 9) - Math.min(1, best)) < 1e-6)
          assert.equal(
            all.findIndex((one) => isDeepStrictEqual(one, given)),
            found,
          )
        }
      }),
      { numRuns: 50 },
    )
  })
})

function product(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, number, at) => sum + number * (other[at] ?? 0), 0)
}

/** Of nothing but zeros, which have no direction, the first axis. */
function unit(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers)
  return Float32Array.from(numbers, (number, at) => (length === 0 ? Number(at === 0) : number / length))
}
