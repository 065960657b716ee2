import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../kernel/clock.ts'
import type { Take } from '../../kernel/limits.ts'
import { countersConformance } from '../conformance/counters.ts'
import { byTakes } from '../testing/by-takes.ts'
import { memoryCounters } from './counters.ts'

function fakeClock(): Clock & { advance(ms: number): void } {
  let elapsed = 0
  const start = Date.UTC(2026, 10, 23)
  return {
    now: () => start + elapsed,
    elapsed: () => elapsed,
    id: () => 'id',
    advance: (ms) => {
      elapsed += ms
    },
  }
}

countersConformance('counters in memory', false, async () => {
  const clock = fakeClock()
  const counters = memoryCounters({ clock })
  return { counters, now: clock.now, advance: async (ms) => clock.advance(ms), remove: () => counters.close() }
})

const request = (n: number): Take => ({
  key: `key:k${n}/requests`,
  bound: { type: 'rate', amount: 1, perMs: 1000, burst: 1 },
  amount: 1,
})

test('counters in memory answer without a promise', () => {
  const taken = byTakes(memoryCounters({ clock: fakeClock() })).take([request(0)], 'a')
  assert.ok(!(taken instanceof Promise))
})

test('a sum begins anew when its period is over', () => {
  const clock = fakeClock()
  const counters = byTakes(memoryCounters({ clock }))
  const spend = (until: number): Take => ({
    key: 'team:a/budget-day',
    bound: { type: 'sum', max: 1, until },
    amount: 1,
  })
  const today = clock.now() + 1000
  counters.take([spend(today)], 'a')
  clock.advance(1000)
  const taken = counters.take([spend(today + 1000)], 'a')
  assert.deepEqual(taken, { taken: true, remaining: [0], resetMs: [1000], marks: [undefined] })
})

test('counters that mean nothing any more are forgotten, over 100,000 of them', () => {
  const clock = fakeClock()
  const counters = byTakes(memoryCounters({ clock }))
  let most = 0
  for (let n = 0; n < 100_000; n += 1) {
    counters.take([request(n)], 'a')
    clock.advance(1)
    most = Math.max(most, counters.size())
  }
  // 1000 matter at any time.
  assert.ok(most <= 2100, `${most} were kept`)
})

test('a counter too many is refused and none is forgotten for it', () => {
  const clock = fakeClock()
  const counters = byTakes(memoryCounters({ clock, keysMax: 3 }))
  for (let n = 0; n < 3; n += 1) counters.take([request(n)], 'a')
  for (let n = 3; n < 9; n += 1) assert.throws(() => counters.take([request(n)], 'a'), { code: 'limits_unavailable' })
  for (let n = 0; n < 3; n += 1) assert.equal(counters.size(), 3)
  const known = counters.take([request(0)], 'a')
  assert.ok(!(known instanceof Promise) && !known.taken)
  clock.advance(1000)
  const fresh = counters.take([request(9)], 'a')
  assert.ok(!(fresh instanceof Promise) && fresh.taken)
})
