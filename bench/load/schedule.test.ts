import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { constantRate } from './schedule.ts'

test('a constant rate', () => {
  const schedule = constantRate(1000, 2)
  assert.equal(schedule.count, 2000)
  assert.equal(schedule.dueMs(0), 0)
  assert.equal(schedule.dueMs(1999), 1999)
  for (const [elapsed, due] of [
    [-1, 0],
    [0, 1],
    [0.5, 1],
    [1, 2],
    [1998.9, 1999],
    [5000, 2000],
  ] as const) {
    assert.equal(schedule.dueBy(elapsed), due, `after ${elapsed} ms`)
  }
})

test('exactly those requests are due whose moment has come', () => {
  const rates = fc.double({ min: 0.5, max: 50_000, noNaN: true })
  fc.assert(
    fc.property(rates, fc.double({ min: 0.001, max: 2, noNaN: true }), fc.nat(100_000), (rate, seconds, n) => {
      const schedule = constantRate(rate, seconds)
      const one = n % schedule.count
      for (const elapsed of [schedule.dueMs(one), schedule.dueMs(one) + 400 / rate]) {
        assert.equal(schedule.dueBy(elapsed), one + 1, `request ${one} of ${schedule.count} at ${rate}/s`)
      }
    }),
  )
})
