import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  addCategory,
  categorySketchOf,
  categoryTotal,
  emptyCategorySketch,
  mergeCategorySketches,
} from './category-sketch.ts'
import { parseCategorySketch } from './parse-sketch.ts'

const few = fc.array(fc.constantFrom<string>('a', 'b', 'c', '__proto__', 'constructor', ''), { maxLength: 40 })
const many = fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.string({ minLength: 118, maxLength: 130 })), {
  maxLength: 60,
})

describe('category sketch', () => {
  it('is the same whatever the order of adding and merging, full or not', () => {
    fc.assert(
      fc.property(fc.oneof(few, many), many, many, fc.constantFrom(1, 3, 8, 1000), (a, b, c, max) => {
        const [x, y, z] = [a, b, c].map((names) => categorySketchOf(names, max))
        assert.ok(x && y && z)
        const all = categorySketchOf([...a, ...b, ...c], max)
        const merge = mergeCategorySketches
        assert.deepEqual(merge(merge(x, y), z), all)
        assert.deepEqual(merge(x, merge(y, z)), all)
        assert.deepEqual(merge(z, merge(y, x)), all)
        assert.deepEqual(categorySketchOf([...c, ...a, ...b].reverse(), max), all)
      }),
      { numRuns: 500 },
    )
  })

  it('counts exactly while there is room', () => {
    fc.assert(
      fc.property(few, (names) => {
        const sketch = categorySketchOf(names)
        const exact = Map.groupBy(names, (name) => name)
        assert.equal(sketch.names.length, exact.size)
        for (const [at, name] of sketch.names.entries()) assert.equal(sketch.counts[at], exact.get(name)?.length)
        assert.equal(sketch.other, 0)
      }),
    )
  })

  it('stays bounded and loses no count', () => {
    const sketch = emptyCategorySketch(50)
    for (let i = 0; i < 5000; i++) addCategory(sketch, `user-${i % 700}-${'x'.repeat(i % 500)}`)
    assert.equal(sketch.names.length, 50)
    assert.ok(sketch.names.every((name) => name.length <= 120))
    assert.equal(categoryTotal(sketch), 5000)
    assert.ok(JSON.stringify(sketch).length < 10_000)
  })

  it('tells long names apart that begin alike', () => {
    const long = 'z'.repeat(400)
    assert.equal(categorySketchOf([`${long}1`, `${long}2`]).names.length, 2)
  })

  it('comes back from its JSON, and a damaged one is refused', () => {
    const sketch = categorySketchOf(['a', 'b', 'a', '__proto__', 'c'], 2)
    assert.deepEqual(parseCategorySketch(JSON.parse(JSON.stringify(sketch))), sketch)
    assert.throws(() => parseCategorySketch({ ...sketch, counts: [1] }), /counts/)
    assert.throws(() => parseCategorySketch({ ...sketch, names: [1, 2] }), /names\[0\]/)
    assert.throws(() => mergeCategorySketches(sketch, emptyCategorySketch(3)), RangeError)
    assert.throws(() => emptyCategorySketch(0), RangeError)
  })
})
