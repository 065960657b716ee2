import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levelText, numberText, pText, shareText, signedText, spanText } from './numbers.ts'

test('numbers keep three digits, none that says something, and no exponent', () => {
  const numbers = [0, 6.8412, -0.0321234, 12_345.6, 0.000_000_412, 999.96, 1e-20]
  assert.deepEqual(numbers.map(numberText), ['0', '6.84', '-0.0321', '12,346', '0.000000412', '1000', '0'])
  assert.deepEqual([6.84, -2, 0, -0].map(signedText), ['+6.84', '-2', '0', '0'])
})

test('shares, levels, p-values and spans', () => {
  assert.deepEqual([0.125, 1, 0.89678].map(shareText), ['12.5 %', '100 %', '89.68 %'])
  assert.deepEqual([0.05, 0.025].map(levelText), ['95 %', '97.5 %'])
  assert.deepEqual([0.0000123, 1e-9, 1].map(pText), ['p = 0.000012', 'p < 0.000001', 'p = 1'])
  const spans = [1000, 8420, 90_000, 86_400_000, 2.5 * 86_400_000]
  assert.deepEqual(spans.map(spanText), ['1 second', '8.4 seconds', '90 seconds', '24 hours', '2.5 days'])
})
