import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Moments } from './evidence.ts'
import {
  addPair,
  addValue,
  emptyMoments,
  emptyPairs,
  mergeMoments,
  mergePairs,
  mergeRates,
  varianceOf,
} from './moments.ts'

const value = fc.double({ min: -1e4, max: 1e4, noNaN: true })
const pairs = fc.array(fc.tuple(value, value), { maxLength: 60 })
const pairsOf = (list: readonly (readonly [number, number])[]) =>
  list.reduce((moments, [y, x]) => addPair(moments, y, x), emptyPairs)

function same(a: Moments, b: Moments): void {
  const near = (p: number, q: number, scale: number) => assert.ok(Math.abs(p - q) <= 1e-9 * scale, `${p} and ${q}`)
  assert.equal(a.n, b.n)
  near(a.mean, b.mean, 1e4)
  near(a.m2, b.m2, 1e8 * (a.n + 1))
  near(a.second?.mean ?? 0, b.second?.mean ?? 0, 1e4)
  near(a.second?.m2 ?? 0, b.second?.m2 ?? 0, 1e8 * (a.n + 1))
  near(a.second?.co ?? 0, b.second?.co ?? 0, 1e8 * (a.n + 1))
}

test('merging is associative, commutative, and the same as adding all', () => {
  fc.assert(
    fc.property(pairs, pairs, pairs, (a, b, c) => {
      const [A, B, C] = [pairsOf(a), pairsOf(b), pairsOf(c)]
      same(mergePairs(mergePairs(A, B), C), mergePairs(A, mergePairs(B, C)))
      same(mergePairs(A, B), mergePairs(B, A))
      same(mergePairs(mergePairs(A, B), C), pairsOf([...a, ...b, ...c]))
    }),
  )
})

test('moments are what the definitions say, also after a trip through JSON', () => {
  const moments = [2, 4, 4, 4, 5, 5, 7, 9].reduce(addValue, emptyMoments)
  assert.equal(moments.mean, 5)
  assert.ok(Math.abs(varianceOf(moments) - 32 / 7) < 1e-12)
  const again: Moments = JSON.parse(JSON.stringify(moments))
  assert.deepEqual(addValue(again, 1), addValue(moments, 1))
  const { second } = pairsOf([
    [1, 2],
    [2, 4],
    [3, 9],
  ])
  assert.ok(Math.abs(second.co - 7) < 1e-12)
})

test('a covariate that one side lacks is left out, and nothing infinite comes in', () => {
  const withX = addPair(emptyPairs, 1, 2)
  assert.equal(mergeMoments(withX, addValue(emptyMoments, 3)).second, undefined)
  assert.equal(mergeMoments(emptyMoments, withX).second?.mean, 2)
  assert.throws(() => addValue(emptyMoments, Number.NaN), RangeError)
  assert.throws(() => addPair(emptyPairs, 1, Number.POSITIVE_INFINITY), RangeError)
  assert.ok(Number.isNaN(varianceOf(addValue(emptyMoments, 1))))
  assert.deepEqual(mergeRates({ n: 3, hits: 1 }, { n: 2, hits: 2 }), { n: 5, hits: 3 })
})
