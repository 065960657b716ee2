import assert from 'node:assert/strict'
import { test } from 'node:test'
import { money, moneySpent } from './money.ts'

test('money has two decimals from a dollar on, and three digits below', () => {
  const cases = [
    [0, '$0'],
    [1e-12, '<$0.000000001'],
    [0.000000123456, '$0.000000123'],
    [0.0123, '$0.0123'],
    [0.5, '$0.5'],
    [0.09999, '$0.1'],
    [0.99949, '$0.999'],
    [0.9999, '$1.00'],
    [1.2, '$1.20'],
    [12_345.678, '$12345.68'],
  ] as const
  for (const [usd, text] of cases) assert.equal(money(usd), text)
})

test('calls without a price are counted, and never are $0', () => {
  assert.equal(moneySpent(1.24, 3), '$1.24 + 3 calls unpriced')
  assert.equal(moneySpent(0, 1), '1 call unpriced')
  assert.equal(moneySpent(0.5, 0), '$0.5')
})
