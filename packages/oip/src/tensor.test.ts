import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elementCount, shapeFits } from './tensor.ts'

test('a shape holds the product of its sizes', () => {
  for (const [shape, count] of [
    [[], 1],
    [[3], 3],
    [[2, 3, 4], 24],
    [[5, 0], 0],
    [[...new Array(60).fill(2 ** 52), 0], 0],
    [new Array(60).fill(2 ** 52), Number.POSITIVE_INFINITY],
  ] as const) {
    assert.equal(elementCount(shape), count)
  }
})

test('a shape fits where each size is the declared one, or that is variable', () => {
  for (const [shape, declared, fits] of [
    [[1, 2], [-1, 2], true],
    [[0, 2], [-1, 2], true],
    [[1, 3], [-1, 2], false],
    [[2], [-1, 2], false],
    [[7, 7, 7], [], true],
  ] as const) {
    assert.equal(shapeFits(shape, declared), fits)
  }
})
