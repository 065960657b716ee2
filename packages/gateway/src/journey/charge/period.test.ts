import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { periodsAt } from './period.ts'

test('every moment lies in its day and month, which begin and end at midnight UTC', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (at) => {
      const iso = new Date(at).toISOString()
      const { day, month } = periodsAt(at)
      for (const [period, name] of [
        [day, iso.slice(0, 10)],
        [month, iso.slice(0, 7)],
      ] as const) {
        assert.equal(period.name, name)
        assert.ok(period.from <= at && at < period.until)
        assert.equal(new Date(period.until - 1).toISOString().slice(0, name.length), name)
        assert.equal(new Date(period.from).toISOString().slice(0, name.length), name)
        assert.equal(period.until % 86_400_000, 0)
      }
    }),
  )
})

test('a month knows its length', () => {
  const { month } = periodsAt(Date.UTC(2028, 1, 29, 12))
  assert.equal(month.until - month.from, 29 * 86_400_000)
})
