import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Backend } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Limits, Reservation } from '../../kernel/limits.ts'
import { memoryCounters } from '../../stores/memory/counters.ts'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import { fitInputs } from '../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { createInFlight } from './in-flight.ts'
import { limitsOfOwners } from './limits-of.ts'
import { periodsAt } from './period.ts'
import { createReserve } from './reserve.ts'

const now = Date.UTC(2026, 10, 23, 12)
const clock = { now: () => now, elapsed: () => 0, id: () => '' }
/** A USD a token. */
const prices = { large: [{ from: '1970-01-01', input: 1_000_000, output: 1_000_000 }] }
const backend = { upstreamModel: () => 'large' } as unknown as Backend
const used = (costUsd: number) => ({ tokens: costUsd, costUsd, unpriced: false, unheard: 0 })

function bed() {
  const counters = memoryCounters({ clock })
  const reserve = createReserve({ counters, clock, backends: new Map([['fake', backend]]), unchecked: assert.fail })
  let calls = 0
  /** As each manifest has it: owners and bounds are made anew. */
  const under = (limits: Limits | undefined) => {
    const demo = limits ? { demo: true, limits } : { demo: true }
    const catalog = testCatalog({ '1.0': 1 }, { contract: { task: 'chat' }, consumers: { demo }, prices })
    return {
      begin(): Reservation {
        const call = testCall({ id: `call-${++calls}` })
        const charged = createInFlight(clock).place(fitInputs(assign(permit(call, testCaller(), catalog)), () => false))
        assert.ok(!(charged instanceof Promise))
        let held: Reservation | undefined
        const met = reserve.reserve(charged, { holds: (reservation) => (held = reservation) })
        if (met instanceof AstraError) throw met
        return held ?? assert.fail('it reserves')
      },
      async remaining() {
        const all = await reserve.look(limitsOfOwners({ consumer: 'demo' }, catalog))
        return Object.fromEntries(all.map(({ kind, remaining }) => [kind, remaining]))
      },
      raise(costUsd: number) {
        const bounds = limitsOfOwners({ consumer: 'demo' }, catalog).filter(({ kind }) => kind === 'budget-month')
        const by = new Map([['store', costUsd]])
        counters.raise(bounds.map((bound) => ({ ...bound.counted(periodsAt(now), 0), by })))
      },
    }
  }
  return under
}

const all = (most: number): Limits => ({
  tokens: { amount: most, perMs: 3_600_000, burst: most },
  concurrent: most,
  budget: { day: most, month: most },
})

test('a call that began before its limits were changed is settled where it took, by what it took', async () => {
  for (const most of [30_000, 9000]) {
    const under = bed()
    const before = under(all(20_000))
    const [long, longer] = [before.begin(), before.begin()]
    const after = under(all(most))
    long.settle(used(7))
    longer.settle(used(5))
    after.begin().settle(used(3))
    const left = most - 15
    assert.deepEqual(await after.remaining(), {
      tokens: left,
      concurrent: most,
      'budget-day': left,
      'budget-month': left,
    })
  }
})

test('a budget that is taken away and given again while a call is in flight misses what that had reserved, until it is told anew', async () => {
  const under = bed()
  const budget = under({ budget: { month: 20_000 } })
  const [long, without] = [budget.begin(), under(undefined)]
  const { 'budget-month': left = Number.NaN } = await budget.remaining()
  const reserved = 20_000 - left
  assert.ok(reserved > 4000)
  assert.throws(() => without.begin(), /it reserves/)
  const again = under({ budget: { month: 20_000 } })
  again.raise(10_000)
  long.settle(used(7))
  assert.deepEqual(await again.remaining(), { 'budget-month': 20_000 - 10_000 - 7 + reserved })
  // Until accounting is asked again.
  again.raise(10_007)
  assert.deepEqual(await again.remaining(), { 'budget-month': 20_000 - 10_007 })
})
