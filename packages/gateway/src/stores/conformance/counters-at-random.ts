import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Take } from '../../kernel/limits.ts'
import type { Mark } from '../testing/by-takes.ts'
import { type CallsPlace, emissionMs, slow } from './counters-of-calls.ts'

/** Seconds may pass while a test runs, of an interval of 100 s. */
const tolerance = 0.05

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('take', 'take', 'take', 'refund', 'charge'),
    amount: fc.integer({ min: 1, max: 12 }),
    /** Of the interval of one. */
    tenths: fc.nat(40),
  }),
  { maxLength: 30 },
)

/** What holds of all counters whatever is taken, settled and given back, in whatever order and at whatever time. */
export function countersAtRandom({ fresh, take, settle, advance, now }: CallsPlace & { now(): number }): void {
  const rate = (amount: number, key: string): Take => ({ key, bound: slow, amount })
  const sum = (amount: number, key: string, max: number): Take => ({
    key,
    bound: { type: 'sum', max, until: now() + slow.perMs },
    amount,
  })
  const lease = (key: string, max: number, amount = 1): Take => ({
    key,
    bound: { type: 'concurrent', max, leaseMs: 20 * slow.perMs },
    amount,
  })

  test('with refunds too no stretch of time admits more than burst + rate x elapsed of what was used in the end', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const key = fresh('tokens')
        const admitted: { readonly at: number; amount: number; mark: Mark | undefined }[] = []
        let elapsed = 0
        for (const { what, amount, tenths } of commands) {
          await advance(tenths * (emissionMs / 10))
          elapsed += tenths
          if (what === 'refund') {
            const one = admitted[amount % Math.max(1, admitted.length)]
            if (!one?.mark) continue
            const back = Math.min(one.amount, Math.ceil(amount / 2))
            settle([{ ...rate(-back, key), mark: one.mark }], 'call')
            one.amount -= back
            one.mark = undefined
          } else {
            const taken = await take([rate(amount, key)])
            if (taken.taken) admitted.push({ at: elapsed / 10, amount, mark: taken.marks[0] })
          }
          let total = 0
          for (const { at, amount } of admitted.toReversed()) {
            total += amount
            assert.ok(total <= slow.burst + (elapsed / 10 - at) + tolerance)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a rate decides like the reference model, whatever is taken and settled at whatever time', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const key = fresh('tokens')
        const model = virtualSchedule(slow.burst)
        let elapsed = 0
        for (const { what, amount, tenths } of commands) {
          await advance(tenths * (emissionMs / 10))
          elapsed += tenths
          if (what === 'take') assert.equal((await take([rate(amount, key)])).taken, model.take(amount, elapsed))
          else {
            settle([rate(what === 'refund' ? -amount : amount, key)], 'call')
            model.settle(what === 'refund' ? -amount : amount, elapsed)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('no stretch of time admits more than burst + rate x elapsed', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const key = fresh('requests')
        const admitted: { readonly at: number; readonly amount: number }[] = []
        let elapsed = 0
        for (const { amount, tenths } of commands) {
          await advance(tenths * (emissionMs / 10))
          elapsed += tenths
          if ((await take([rate(amount, key)])).taken) admitted.push({ at: elapsed / 10, amount })
        }
        for (const [from, first] of admitted.entries()) {
          let total = 0
          for (const { at, amount } of admitted.slice(from)) {
            total += amount
            assert.ok(total <= slow.burst + (at - first.at) + tolerance)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('whatever the order, reservations settle to what was used, leases to none, and no bound is passed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(5), fc.nat(6), fc.boolean()), { maxLength: 30 }), async (calls) => {
        const [budget, inFlight, requests] = [fresh('budget-day'), fresh('concurrent'), fresh('requests')]
        const running = new Map<string, number>()
        let used = 0
        const end = (id: string, reserved: number) => {
          const spent = Math.floor(reserved / 2)
          settle([sum(spent - reserved, budget, 20), lease(inFlight, 3, -1)], id)
          running.delete(id)
          used += spent
        }
        for (const [at, [reserved, tenths, endsOne]] of calls.entries()) {
          await advance(tenths * (emissionMs / 10))
          const { taken } = await take(
            [sum(reserved, budget, 20), lease(inFlight, 3), { ...rate(1, requests), settles: false }],
            `c${at}`,
          )
          if (taken) running.set(`c${at}`, reserved)
          const reservations = [...running.values()].reduce((total, amount) => total + amount, used)
          assert.ok(running.size <= 3 && reservations <= 20)
          const [oldest] = running
          if (endsOne && oldest) end(...oldest)
        }
        for (const call of running) end(...call)
        const { remaining } = await take([sum(0, budget, 20), lease(inFlight, 3, 0)])
        assert.deepEqual(remaining, [20 - used, 3])
      }),
      { numRuns: 40 },
    )
  })
}

/**
 * The same limit in its other form, virtual scheduling (ITU-T I.371, annex A): one theoretical arrival time. In whole tenths of the
 * interval of one, so that nothing is rounded.
 */
function virtualSchedule(burst: number) {
  let arrival = 0
  return {
    take(amount: number, now: number): boolean {
      const next = Math.max(arrival, now) + 10 * amount
      if (next - now > 10 * burst) return false
      arrival = next
      return true
    },
    settle(amount: number, now: number): void {
      arrival = Math.max(arrival, now) + 10 * amount
    },
  }
}
