import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RateCounter } from './counter.ts'

/** One a millisecond drains, so that all numbers are whole. */
const bound = { type: 'rate', amount: 1, perMs: 1, burst: 1e9 } as const
const instant = (elapsed: number) => ({ elapsed, now: elapsed })

interface Took {
  readonly at: number
  readonly amount: number
  readonly mark: readonly number[]
  used: number
}

function take(counter: RateCounter, amount: number, at: number): Took {
  counter.add(amount, bound, instant(at))
  const mark: number[] = []
  counter.mark(mark)
  return { at, amount, mark, used: amount }
}

function settle(counter: RateCounter, took: Took, used: number, at: number): void {
  took.used = used
  counter.giveBack(took.amount - used, bound, instant(at), ...took.mark)
}

/** Where the level stood had each call taken from the start what it is known to have used by now. */
function ideal(calls: readonly Took[], now: number): number {
  let level = 0
  let at = 0
  for (const call of calls) {
    level = Math.max(0, level - (call.at - at)) + call.used
    at = call.at
  }
  return Math.max(0, level - (now - at))
}

const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.nat(20)),
    amount: fc.integer({ min: 1, max: 30 }),
    what: fc.constantFrom('take', 'take', 'settle'),
    which: fc.nat(100),
    share: fc.integer({ min: 0, max: 4 }),
  }),
  { maxLength: 60 },
)

test('whatever the order in which calls end, no more is given back than their smaller takes would have left', () => {
  fc.assert(
    fc.property(steps, (commands) => {
      const counter = new RateCounter()
      const calls: Took[] = []
      const open: Took[] = []
      let now = 0
      for (const { wait, amount, what, which, share } of commands) {
        now += wait
        const [ending] = what === 'settle' && open.length > 0 ? open.splice(which % open.length, 1) : []
        if (ending) settle(counter, ending, Math.floor((ending.amount * share) / 4), now)
        else {
          const took = take(counter, amount, now)
          calls.push(took)
          open.push(took)
        }
        assert.ok(counter.used(bound, instant(now)) >= ideal(calls, now))
      }
    }),
    { numRuns: 2000 },
  )
})

test('while nothing drains all comes back, in whatever order calls end', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat()), { maxLength: 20 }), (takes) => {
      const counter = new RateCounter()
      const open = takes.map(([amount]) => take(counter, amount, 0))
      for (const [, which] of takes) {
        const [ending] = open.splice(which % open.length, 1)
        if (ending) settle(counter, ending, 1, 0)
      }
      assert.equal(counter.used(bound, instant(0)), takes.length)
    }),
  )
})

test('a long call beside short ones that end before it gets back what cannot have drained', () => {
  const counter = new RateCounter()
  const long = take(counter, 1000, 0)
  for (let n = 0; n < 5; n++) settle(counter, take(counter, 1000, n), 10, n + 1)
  settle(counter, long, 10, 100)
  // 60 were used, and 100 drained: of 990 that are not used, 890 at least are there still.
  assert.equal(counter.used(bound, instant(100)), 60)
})

test('what first came in and drained long ago does not come back', () => {
  const counter = new RateCounter()
  const long = take(counter, 100, 0)
  take(counter, 1000, 100)
  settle(counter, long, 0, 500)
  assert.equal(counter.used(bound, instant(500)), 600)
})
