import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { percentile, summarise } from './percentiles.ts'

const upTo = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1)

test('percentiles are nearest ranks', () => {
  for (const [n, percent, expected] of [
    [100, 50, 50],
    [100, 99, 99],
    [1000, 99.9, 999],
    [10_000, 99.9, 9990],
    [1, 99.9, 1],
    [3, 50, 2],
    [4, 50, 2],
    [5, 0, 1],
    [5, 100, 5],
  ] as const) {
    assert.equal(percentile(upTo(n), percent), expected, `${percent} of ${n}`)
  }
  assert.throws(() => percentile([], 50), RangeError)
})

test('at least so many samples are at or below a percentile, and fewer below it', () => {
  const samples = fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1, maxLength: 500 })
  fc.assert(
    fc.property(samples, fc.double({ noNaN: true, min: 0, max: 100 }), (values, percent) => {
      const sorted = Float64Array.from(values).sort()
      const found = percentile(sorted, percent)
      const needed = (percent / 100) * sorted.length - 1e-6
      assert.ok(sorted.filter((value) => value <= found).length >= needed)
      assert.ok(sorted.filter((value) => value < found).length < Math.max(needed, 1) + 1e-6 + 1e-9)
    }),
  )
})

test('a summary of rounds', () => {
  assert.deepEqual(summarise([3, 1, 2]), { median: 2, min: 1, max: 3 })
  assert.deepEqual(summarise([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 })
  assert.deepEqual(summarise([7]), { median: 7, min: 7, max: 7 })
})
