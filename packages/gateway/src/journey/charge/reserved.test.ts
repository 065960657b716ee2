import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Counters, Limits, Reservation, Used } from '../../kernel/limits.ts'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import { fitInputs } from '../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { createInFlight } from './in-flight.ts'
import { createReserve } from './reserve.ts'
import { fakeCounters } from './testing/fake-counters.ts'

const tokens = { amount: 9000, perMs: 1000, burst: 9000 }
const unused: Used = { tokens: 0, costUsd: 0, unpriced: false, unheard: 0 }

/** What is used of the counters of one call, and how often they are settled. */
function reserved(limits: Limits) {
  const catalog = testCatalog({ '1.0': 1 }, { contract: { task: 'chat' }, consumers: { demo: { demo: true, limits } } })
  const fitted = fitInputs(assign(permit(testCall(), testCaller(), catalog)), () => false)
  const { counters, used } = fakeCounters()
  let settlements = 0
  const settle: Counters['settle'] = (...settled) => {
    settlements++
    counters.settle(...settled)
  }
  const limiting = createReserve({
    counters: { ...counters, settle },
    clock: { now: () => 0 },
    backends: new Map(),
    unchecked: () => assert.fail('counters work'),
  })
  const charged = createInFlight({ elapsed: () => 0 }).place(fitted)
  assert.ok(!(charged instanceof Promise))
  let held: Reservation | undefined
  limiting.reserve(charged, { holds: (reservation) => (held = reservation) })
  assert.ok(held)
  return { held, used: () => Object.values(used()), settlements: () => settlements }
}

test('a call that is over and counted at once is settled at once, its place included', () => {
  const { held, used, settlements } = reserved({ tokens, concurrent: 3 })
  assert.ok(used().every((amount) => amount > 0))
  held.settle(unused)
  assert.deepEqual([used(), settlements()], [[0, 0], 1])
})

test('a place that became free while tokens were still counted is not given back again', () => {
  const { held, used } = reserved({ tokens, concurrent: 3 })
  held.ended()
  const [taken, places] = used()
  assert.ok((taken ?? 0) > 0 && places === 0)
  held.settle(unused)
  assert.deepEqual(used(), [0, 0])
})

test('where nothing is given back counters are not asked', () => {
  const { held, settlements } = reserved({ requests: tokens, items: tokens })
  held.ended()
  held.settle(unused)
  assert.equal(settlements(), 0)
})
