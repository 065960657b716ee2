import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneRequest } from './amounts.ts'
import { askingFor, askingOf } from './asking.ts'
import { boundsIn } from './limits-of.ts'

const rate = { amount: 10, perMs: 1000, burst: 10 }
const day = 86_400_000
const at = Date.UTC(2026, 10, 23, 12)

test('counters are asked in the same words all day, and on the next in those of its budget', () => {
  const bounds = boundsIn({ kind: 'team', name: 'growth' }, { requests: rate, budget: { day: 1 } })
  const today = askingOf(bounds, at, 5)
  assert.equal(askingOf(bounds, at + 1, 5), today)
  const keysOf = (asking: typeof today) => asking.counted.map(({ key }) => key)
  assert.deepEqual(keysOf(today), ['team:growth/requests', 'team:growth/budget-day/2026-11-23'])
  assert.deepEqual(keysOf(askingOf(bounds, at + day, 5)), ['team:growth/requests', 'team:growth/budget-day/2026-11-24'])
})

test('calls that may hold their places for another time have bounds of their own', () => {
  const bounds = boundsIn({ kind: 'team', name: 'growth' }, { concurrent: 2 })
  const leases = [5, 7, 5].map((leaseMs) => askingOf(bounds, at, leaseMs).counted[0]?.bound)
  assert.deepEqual(leases, [
    { type: 'concurrent', max: 2, leaseMs: 5 },
    { type: 'concurrent', max: 2, leaseMs: 7 },
    { type: 'concurrent', max: 2, leaseMs: 5 },
  ])
})

test('what a call needs nothing of is left alone', () => {
  const bounds = boundsIn({ kind: 'team', name: 'growth' }, { requests: rate, tokens: rate, concurrent: 1 })
  const all = askingOf(bounds, at, 5)
  const hit = askingFor(oneRequest, all)
  assert.deepEqual([hit.bounds.map(({ kind }) => kind), hit.counted.length, hit.told], [['requests'], 1, [[0]]])
  assert.equal(askingFor(oneRequest, all), hit)
  assert.equal(askingFor([1, 1, 1, 1, 1], all), all)
})
