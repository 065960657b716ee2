import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Backend } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Reservation } from '../../kernel/limits.ts'
import { memoryCounters } from '../../stores/memory/counters.ts'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import { fitInputs } from '../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { createInFlight } from './in-flight.ts'
import { createReserve } from './reserve.ts'
import { fakeCounters } from './testing/fake-counters.ts'

test('what a long call reserved, and what has drained since, does not come back when it ends', () => {
  let now = 0
  const tokens = { amount: 6000, perMs: 6000, burst: 6000 }
  const catalog = testCatalog(
    { '1.0': 1 },
    { contract: { task: 'chat' }, consumers: { demo: { demo: true, limits: { tokens } } } },
  )
  const fitted = fitInputs(assign(permit(testCall(), testCaller(), catalog)), () => false)
  const counters = memoryCounters({ clock: { now: () => now, elapsed: () => now, id: () => '' } })
  const limits = createReserve({ counters, clock: { now: () => now }, backends: new Map(), unchecked: () => undefined })
  const inFlight = createInFlight({ elapsed: () => now })
  const begin = () => {
    const charged = inFlight.place(fitted)
    assert.ok(!(charged instanceof Promise))
    let held: Reservation | undefined
    const met = limits.reserve(charged, { holds: (reservation) => (held = reservation) })
    if (met instanceof AstraError) throw met
    charged.release()
    return held
  }
  const unused = { tokens: 0, costUsd: 0, unpriced: false, unheard: 0 }
  const long = begin()
  now += 6000
  begin()
  long?.settle(unused)
  assert.throws(begin, { code: 'rate_limited' })
  now += 6000
  begin()?.settle(unused)
  assert.ok(begin(), 'given back at once it makes room')
})

test('a call whose need cannot be told gives its place back', () => {
  const tokens = { amount: 9, perMs: 1000, burst: 9 }
  const catalog = testCatalog({ '1.0': 1 }, { consumers: { demo: { demo: true, limits: { tokens } } } })
  const fitted = fitInputs(assign(permit(testCall(), testCaller(), catalog)), () => false)
  const broken = {
    ownWords() {
      throw new RangeError('a fault of ours')
    },
  } as unknown as Backend
  const limits = createReserve({
    counters: fakeCounters().counters,
    clock: { now: () => 0 },
    backends: new Map([[fitted.version.state.backend, broken]]),
    unchecked: () => undefined,
  })
  const inFlight = createInFlight({ elapsed: () => 0 })
  for (let n = 0; n < 2 * fitted.contract.limits.inFlightMax; n++) {
    const charged = inFlight.place(fitted)
    assert.ok(!(charged instanceof Promise))
    assert.throws(() => limits.reserve(charged, { holds: () => assert.fail('nothing is reserved') }), RangeError)
  }
})
