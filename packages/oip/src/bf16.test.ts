import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bf16OfNumber, numberOfBf16 } from './bf16.ts'

test('every BF16 is a number, and the number that BF16', () => {
  for (let pattern = 0; pattern < 0x10000; pattern++) {
    const value = numberOfBf16(pattern)
    if (Number.isNaN(value)) assert.ok(Number.isNaN(numberOfBf16(bf16OfNumber(value))))
    else assert.equal(bf16OfNumber(value), pattern)
  }
})

test('what lies between two is rounded to the nearer one, and to even', () => {
  for (const [value, expected] of [
    [1, 1],
    [1.00390625, 1], // Half-way from 1 to 1.0078125: down to the even one.
    [1.01171875, 1.015625], // Half-way from 1.0078125 to 1.015625: up to the even one.
    [1.004, 1.0078125],
    [3.4e38, Number.POSITIVE_INFINITY],
    [-1e39, Number.NEGATIVE_INFINITY],
    [-0, -0],
  ] as const) {
    assert.equal(numberOfBf16(bf16OfNumber(value)), expected)
  }
})
