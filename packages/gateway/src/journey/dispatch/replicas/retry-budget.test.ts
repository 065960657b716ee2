import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRetryBudget } from './retry-budget.ts'

test('ten retries in ten seconds, however few the calls; then ten more', () => {
  const budget = createRetryBudget()
  const granted = (now: number) => Array.from({ length: 20 }, () => budget.take(now, 0)).filter(Boolean).length
  assert.equal(granted(0), 10)
  assert.equal(granted(9_999), 0)
  assert.equal(granted(11_000), 10)
})

test('a fifth of the calls besides, or of those in flight where calls are long', () => {
  const granted = (calls: number, inFlight: number) => {
    const budget = createRetryBudget()
    for (let i = 0; i < calls; i++) budget.call(500)
    return Array.from({ length: 1000 }, () => budget.take(1000, inFlight)).filter(Boolean).length
  }
  assert.equal(granted(1000, 0), 210)
  assert.equal(granted(20, 100), 30)
})

test('whenever a retry is granted, ten seconds saw at most 10 and a fifth of the calls of them and the second before', () => {
  const step = fc.record({ waitMs: fc.nat(3000), calls: fc.nat(30), wanted: fc.nat(30) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const budget = createRetryBudget()
      const calls: number[] = []
      const retries: number[] = []
      let now = 0
      for (const { waitMs, calls: begun, wanted } of steps) {
        now += waitMs
        for (let i = 0; i < begun; i++) {
          budget.call(now)
          calls.push(now)
        }
        const granted = Array.from({ length: wanted }, () => budget.take(now, 0)).filter(Boolean)
        if (granted.length === 0) continue
        retries.push(...granted.map(() => now))
        const within = (times: readonly number[], ms: number) => times.filter((at) => at > now - ms).length
        assert.ok(within(retries, 10_000) <= 10 + 0.2 * within(calls, 11_000))
      }
    }),
  )
})
