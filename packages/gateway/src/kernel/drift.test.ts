import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyNumberSketch, numberSketchOf } from '@astraapi/statistics'
import fc from 'fast-check'
import { addSketch, countValue, type DriftKind, emptySketch, rowsOf } from './drift.ts'

const values = fc.array(fc.oneof(fc.double(), fc.string({ maxLength: 200 }), fc.constant(undefined)), {
  maxLength: 300,
})

test('a sketch counts every value, adds up with others, and stays small whatever comes', () => {
  fc.assert(
    fc.property(fc.constantFrom<DriftKind>('numbers', 'categories'), values, values, (kind, some, more) => {
      const [sum, other, whole] = [emptySketch(kind), emptySketch(kind), emptySketch(kind)]
      for (const value of some) countValue(sum, value)
      for (const value of more) countValue(other, value)
      for (const value of [...some, ...more]) countValue(whole, value)
      assert.equal(addSketch(sum, other), sum)
      assert.equal(rowsOf(sum), some.length + more.length)
      const exact = (sketch: typeof sum) => ({ ...sketch, mean: 0, squares: 0 })
      assert.deepEqual(exact(sum), exact(whole))
      assert.ok(JSON.stringify(sum).length < 40_000)
      assert.deepEqual(JSON.parse(JSON.stringify(exact(sum))), exact(sum), 'it is its own JSON')
    }),
  )
})

test('what was counted in another way does not add up: what is newer stays', () => {
  const newer = numberSketchOf([1, 2], { relativeError: 0.01, bucketsMax: 1024 })
  assert.equal(addSketch(emptyNumberSketch({ relativeError: 0.5 }), newer), newer)
  assert.equal(addSketch(emptySketch('categories'), newer), newer)
})
