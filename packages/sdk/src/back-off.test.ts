import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backOffMs } from './back-off.ts'

test('full jitter doubles from 250 ms and stays below 8 s', () => {
  const longest = (attempt: number) => backOffMs(attempt, { remainingMs: 60_000, random: () => 1 })
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 100].map(longest), [250, 500, 1000, 2000, 4000, 8000, 8000, 8000])
  assert.equal(backOffMs(3, { remainingMs: 60_000, random: () => 0 }), 0)
})

test('the jitter comes on top of what the gateway asks for', () => {
  assert.equal(backOffMs(1, { retryAfterMs: 3000, remainingMs: 60_000, random: () => 0.5 }), 3250)
})

test('no wait reaches the end of the time limit, or a minute', () => {
  assert.equal(backOffMs(0, { retryAfterMs: 1000, remainingMs: 1000, random: () => 0 }), undefined)
  assert.equal(backOffMs(0, { retryAfterMs: 999, remainingMs: 1000, random: () => 0 }), 999)
  assert.equal(backOffMs(0, { retryAfterMs: 60_000, remainingMs: 600_000, random: () => 0 }), undefined)
})

test('property: between what was asked for and the time limit, or none', () => {
  const ms = fc.nat(120_000)
  fc.assert(
    fc.property(
      fc.nat(40),
      ms,
      ms,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, asked, remainingMs, r) => {
        const waitMs = backOffMs(attempt, { retryAfterMs: asked, remainingMs, random: () => r })
        const within = waitMs !== undefined && waitMs >= asked && waitMs < remainingMs && waitMs <= asked + 8000
        assert.ok(within || (waitMs === undefined && asked + 8000 >= Math.min(remainingMs, 60_000)))
      },
    ),
  )
})
