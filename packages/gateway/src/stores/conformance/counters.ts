import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Bound, Counters, Take } from '../../kernel/limits.ts'
import { type AskedTake, type ByTakes, byTakes, type Mark, type MarkedTake } from '../testing/by-takes.ts'
import { countersAtRandom } from './counters-at-random.ts'
import { countersOfCalls, emissionMs, slow } from './counters-of-calls.ts'

/** Counters whose time a test can move on. Some ms may also pass by themselves: what is tested takes minutes. */
export interface CountersPlace {
  readonly counters: Counters
  now(): number
  advance(ms: number): Promise<void>
  remove(): Promise<void>
}

const second = 1000
const minute = 60 * second

/** What all counters must do, wherever they count: registers the tests under `name`. */
export function countersConformance(name: string, skip: string | false, open: () => Promise<CountersPlace>): void {
  describe(`${name} conform`, { skip }, () => {
    let place: CountersPlace
    let counters: ByTakes
    let keys = 0
    before(async () => {
      place = await open()
      counters = byTakes(place.counters)
    })
    after(() => place?.remove())

    /** Keys that no test has used: nothing has to be cleared between them. */
    const fresh = (kind: string) => `team:t${keys++}/${kind}`
    const take = async (takes: readonly AskedTake[], leaseId = 'call') => counters.take(takes, leaseId)
    const rate = (amount: number, key: string, bound: Bound = slow): Take => ({ key, bound, amount })
    const sum = (amount: number, key: string, max: number): Take => ({
      key,
      bound: { type: 'sum', max, until: place.now() + 60 * minute },
      amount,
    })
    const lease = (key: string, max: number, amount = 1, leaseMs = 10 * minute): Take => ({
      key,
      bound: { type: 'concurrent', max, leaseMs },
      amount,
    })

    test('a burst at once, then one per interval, and the wait that is told suffices', async () => {
      const key = fresh('requests')
      for (let n = 1; n <= 10; n += 1) {
        const { taken, remaining, resetMs } = await take([rate(1, key)])
        assert.equal(taken, true)
        assert.ok(near(remaining[0] ?? -1, 10 - n))
        assert.ok(near((resetMs[0] ?? 0) / emissionMs, n))
      }
      const refused = await take([rate(1, key)])
      assert.ok(!refused.taken)
      assert.equal(refused.refusedAt, 0)
      assert.ok(near((refused.retryAfterMs ?? 0) / emissionMs, 1))
      await place.advance(refused.retryAfterMs ?? 0)
      assert.equal((await take([rate(1, key)])).taken, true)
      assert.equal((await take([rate(1, key)])).taken, false)
    })

    test('what never fits is refused without a time to wait', async () => {
      for (const asked of [
        rate(11, fresh('tokens')),
        sum(1.01, fresh('budget-day'), 1),
        lease(fresh('concurrent'), 0),
      ]) {
        const refused = await take([asked])
        assert.ok(!refused.taken)
        assert.equal(refused.retryAfterMs, undefined)
      }
    })

    test('what is no number does not fit, and spoils nothing', async () => {
      const key = fresh('tokens')
      assert.equal((await take([rate(Number.NaN, key)])).taken, false)
      counters.settle([rate(Number.NaN, key)], 'call')
      assert.equal((await take([rate(10, key)])).taken, true)
    })

    test('all or nothing: what stands before and behind the one that refuses is not taken', async () => {
      const [first, full, last] = [fresh('requests'), fresh('concurrent'), fresh('budget-day')]
      await take([lease(full, 1)], 'another')
      const refused = await take([rate(4, first), lease(full, 1), sum(1, last, 3)])
      assert.ok(!refused.taken)
      assert.equal(refused.refusedAt, 1)
      assert.equal(refused.remaining[1], 0)
      const { remaining } = await take([rate(0, first), sum(0, last, 3)])
      assert.ok(near(remaining[0] ?? 0, 10))
      assert.equal(remaining[1], 3)
    })

    test('of several that refuse the first is told', async () => {
      const refused = await take([rate(1, fresh('requests')), rate(11, fresh('items')), rate(11, fresh('tokens'))])
      assert.ok(!refused.taken)
      assert.equal(refused.refusedAt, 1)
    })

    test('to look takes nothing', async () => {
      const keyed = [rate(0, fresh('requests')), lease(fresh('concurrent'), 1, 0), sum(0, fresh('budget-day'), 1)]
      for (let n = 0; n < 3; n += 1) {
        const { taken, remaining, resetMs } = await take(keyed)
        assert.deepEqual([taken, remaining, resetMs], [true, [10, 1, 1], [0, 0, 0]])
      }
    })

    test('nothing to take is taken', async () => {
      assert.deepEqual(await take([]), { taken: true, remaining: [], resetMs: [], marks: [] })
    })

    test('a lease is given back once, by its own call, or ends by itself', async () => {
      const key = fresh('concurrent')
      assert.equal((await take([lease(key, 2)], 'a')).taken, true)
      assert.equal((await take([lease(key, 2)], 'b')).taken, true)
      assert.equal((await take([lease(key, 2)], 'c')).taken, false)
      for (const id of ['a', 'a', 'unknown']) counters.settle([lease(key, 2, -1)], id)
      assert.equal((await take([lease(key, 2)], 'c')).taken, true)
      assert.equal((await take([lease(key, 2)], 'd')).taken, false)
      await place.advance(10 * minute)
      assert.equal((await take([lease(key, 2)], 'd')).taken, true)
    })

    test('each lease ends by itself, one that began later as well', async () => {
      const key = fresh('concurrent')
      await take([lease(key, 2)], 'a')
      await place.advance(5 * minute)
      await take([lease(key, 2)], 'b')
      for (const left of [1, 2]) {
        await place.advance(5 * minute)
        assert.deepEqual((await take([lease(key, 2, 0)])).remaining, [left])
      }
    })

    test('a lease that is taken again lasts from then on', async () => {
      const key = fresh('concurrent')
      await take([lease(key, 2)], 'a')
      await place.advance(5 * minute)
      await take([lease(key, 2)], 'a')
      for (const left of [1, 2]) {
        await place.advance(5 * minute)
        assert.deepEqual((await take([lease(key, 2, 0)])).remaining, [left])
      }
    })

    test('nobody says when a place will be free again', async () => {
      const { remaining, resetMs } = await take([lease(fresh('concurrent'), 3)])
      assert.deepEqual([remaining, resetMs], [[2], [0]])
    })

    test('a call that takes its lease again holds one', async () => {
      const key = fresh('concurrent')
      await take([lease(key, 3)], 'a')
      const { remaining } = await take([lease(key, 3)], 'a')
      assert.equal(remaining[0], 2)
    })

    test('a sum is settled to what was used, may be passed by it, and never falls below nothing', async () => {
      const key = fresh('budget-day')
      await take([sum(6, key, 10)])
      counters.settle([sum(-5, key, 10)], 'call')
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 9)
      counters.settle([sum(14, key, 10)], 'call')
      const passed = await take([sum(1, key, 10)])
      assert.ok(!passed.taken)
      assert.equal(passed.remaining[0], 0)
      assert.ok(near((passed.retryAfterMs ?? 0) / minute, 60))
      counters.settle([sum(-100, key, 10)], 'call')
      assert.equal((await take([sum(10, key, 10)])).taken, true)
    })

    test('a tenth fits ten times into one, and not eleven times', async () => {
      const key = fresh('budget-month')
      const results: boolean[] = []
      for (let n = 0; n < 11; n += 1) results.push((await take([sum(0.1, key, 1)])).taken)
      assert.deepEqual(results, [...Array.from({ length: 10 }, () => true), false])
    })

    test('a rate that was passed by settling stays closed for as much longer', async () => {
      const key = fresh('tokens')
      await take([rate(5, key)])
      counters.settle([rate(10, key)], 'call')
      const refused = await take([rate(1, key)])
      assert.ok(!refused.taken)
      assert.ok(near((refused.retryAfterMs ?? 0) / emissionMs, 6))
      await place.advance(refused.retryAfterMs ?? 0)
      assert.equal((await take([rate(1, key)])).taken, true)
    })

    test('a refund gives back no more than the burst', async () => {
      const key = fresh('tokens')
      await take([rate(8, key)])
      await place.advance(7 * emissionMs)
      counters.settle([rate(-8, key)], 'call')
      assert.equal((await take([rate(10, key)])).taken, true)
      assert.equal((await take([rate(1, key)])).taken, false)
    })

    test('a refund of what has drained since gives nothing back, however much others have taken meanwhile', async () => {
      const [key, marks] = [fresh('tokens'), []] as [string, Mark[]]
      for (let n = 0; n < 3; n += 1) {
        const taken = await take([rate(10, key)])
        if (taken.taken && taken.marks[0]) marks.push(taken.marks[0])
        await place.advance(10.1 * emissionMs)
      }
      assert.equal(marks.length, 3)
      assert.equal((await take([rate(10, key)])).taken, true)
      for (const mark of marks) counters.settle([{ ...rate(-10, key), mark }], 'call')
      assert.equal((await take([rate(1, key)])).taken, false)
    })

    test('a refund at once gives all of it back, and each gets only what its own take left', async () => {
      const key = fresh('tokens')
      const marks: Mark[] = []
      for (let n = 0; n < 2; n += 1) {
        const taken = await take([rate(5, key)])
        if (taken.taken && taken.marks[0]) marks.push(taken.marks[0])
      }
      await place.advance(4 * emissionMs)
      const [first, second] = marks
      assert.ok(first && second)
      // One of the first is left, all of the second.
      counters.settle([{ ...rate(-5, key), mark: first }], 'call')
      assert.ok(near((await take([rate(0, key)])).remaining[0] ?? 0, 5))
      counters.settle([{ ...rate(-4, key), mark: second }], 'call')
      assert.ok(near((await take([rate(0, key)])).remaining[0] ?? 0, 9))
    })

    test('whoever came first and ends last gets back all that has not drained', async () => {
      const key = fresh('tokens')
      const marks: Mark[] = []
      for (let n = 0; n < 3; n += 1) {
        const taken = await take([rate(3, key)])
        if (taken.taken && taken.marks[0]) marks.push(taken.marks[0])
      }
      assert.equal(marks.length, 3)
      for (const mark of marks.toReversed()) counters.settle([{ ...rate(-2, key), mark }], 'call')
      assert.ok(near((await take([rate(0, key)])).remaining[0] ?? 0, 7))
    })

    test('what is endless is not settled', async () => {
      const key = fresh('budget-day')
      await take([sum(1, key, 10)])
      counters.settle([sum(Number.POSITIVE_INFINITY, key, 10), sum(Number.NaN, key, 10)], 'call')
      assert.equal((await take([sum(9, key, 10)])).taken, true)
    })

    test('what was spent before is restored once, on top of what has come in meanwhile', async () => {
      const key = fresh('budget-day')
      await take([sum(1, key, 10)])
      for (let n = 0; n < 2; n += 1) await counters.restore([sum(4, key, 10)])
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 5)
      await take([sum(2, key, 10)])
      await counters.restore([sum(4, key, 10)])
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 3)
    })

    test('what was spent before is restored once, and a rate is not', async () => {
      const key = fresh('budget-day')
      await counters.restore([sum(4, key, 10), rate(5, fresh('tokens'))])
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 6)
      await counters.restore([sum(4, key, 10)])
      await take([sum(2, key, 10)])
      await counters.restore([sum(5, key, 10)])
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 4)
    })

    test('a sum is raised to what was spent at least, and never lowered or added to', async () => {
      const [key, restored] = [fresh('budget-day'), fresh('budget-day')]
      await take([sum(1, key, 10)])
      await counters.restore([sum(4, restored, 10)])
      for (const amount of [5, 5, 3]) await counters.raise([sum(amount, key, 10), sum(amount, restored, 10)])
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 5)
      await counters.restore([sum(7, restored, 10)])
      assert.equal((await take([sum(0, restored, 10)])).remaining[0], 3)
      await counters.raise([sum(12, key, 10), rate(5, fresh('tokens'))])
      assert.equal((await take([sum(1, key, 10)])).taken, false)
    })

    test('what a sum was raised to is not added to it by a restore that comes after', async () => {
      const key = fresh('budget-day')
      await take([sum(1, key, 10)])
      await counters.raise([sum(4, key, 10)])
      for (let n = 0; n < 2; n += 1) await counters.restore([sum(5, key, 10)])
      assert.equal((await take([sum(0, key, 10)])).remaining[0], 5)
    })

    test('a bound that is changed holds for what was used before it', async () => {
      const key = fresh('requests')
      await take([rate(6, key)])
      const tighter = { ...slow, burst: 7 }
      assert.equal((await take([rate(2, key, tighter)])).taken, false)
      assert.equal((await take([rate(1, key, tighter)])).taken, true)
    })

    const asCalls = {
      fresh,
      take,
      settle: (takes: readonly MarkedTake[], id: string) => counters.settle(takes, id),
      advance: (ms: number) => place.advance(ms),
    }
    countersAtRandom({ ...asCalls, now: () => place.now() })
    countersOfCalls(asCalls)

    test('all is well', () => assert.equal(place.counters.fault(), undefined))
  })
}

/** Seconds may pass while a test runs, of an interval of 100 s. */
const tolerance = 0.05

function near(value: number, expected: number): boolean {
  return Math.abs(value - expected) < tolerance
}
