import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExperimentReport } from './experiment-json.ts'
import { nextSteps } from './next-step.ts'
import { reportFixture } from './testing/report-fixture.ts'

const now = Date.UTC(2026, 10, 23, 14, 2)
const young = reportFixture({ looks: 2, unitsALook: 20 })
const told = (change: Partial<ExperimentReport>) => nextSteps({ ...young, ...change }, now)
const analysed = 'Analysed as of 2026-11-23 13:40:20 UTC.'
const arms = (units: number) => young.arms.map((arm) => ({ ...arm, units }))

test('while it runs: when it may be promoted at the earliest, the next step of the ramp, and its end at the latest', () => {
  assert.deepEqual(told({ arms: arms(10) }), [
    'A promotion may come at 2026-11-23 14:02:40 UTC at the earliest (40 seconds to go).',
    'The smaller arm lacks 90 of the 100 units that a promotion takes: as they come now, until about 2026-11-23 14:05:00 UTC.',
    'Its coverage goes to 100 % at about 2026-11-23 14:02:40 UTC.',
    'Undecided, it ends at 2026-12-23 14:01:40 UTC.',
    analysed,
  ])
})

test('past the least of time and units it may be decided at every look', () => {
  const { plan } = young
  const steps = told({ arms: arms(100), elapsedMs: 60_000, step: 1, plan: { ...plan, rule: 'advise' } })
  assert.deepEqual(steps, [
    'It may be decided at every look.',
    'Undecided, it ends at 2026-12-23 14:01:00 UTC.',
    'The rule is "advise": it promotes nothing by itself.',
    analysed,
  ])
})

test('it says how shares move, and what is in no metric any more', () => {
  const steps = told({ beyond: 1234, allocation: { method: 'thompson', everyMs: 600_000, least: 0.1 } }).join(' ')
  assert.match(steps, /Its shares follow what is seen \(thompson\), no sooner than 10 minutes after the last change\./)
  assert.match(
    steps,
    /The bound on units is reached: 1,234 calls of further units are in no metric, guardrails neither/,
  )
})

test('it says where an epoch gets no new units, as the same ones come back', () => {
  const at = (minutes: number, units?: number) => ({
    ...{ number: 2, from: new Date(now - minutes * 60_000).toISOString(), shares: { '1.0': 20, '1.1': 80 } },
    ...(units === undefined ? {} : { units }),
  })
  const first = { ...at(90, 500), number: 1 }
  const allocation = { method: 'thompson', everyMs: 600_000, least: 0.1 }
  const dried = /got 3 new units: those that were met before tell nothing more\. Where the same ones come back/
  assert.match(told({ allocation, epochs: [first, at(30, 3)] }).join(' '), dried)
  assert.match(told({ epochs: [first, at(30, 1)] }).join(' '), /got 1 new unit: those that were met before/)
  assert.doesNotMatch(told({ epochs: [first, at(30, 1)] }).join(' '), /a test with fixed shares/)
  for (const epochs of [[at(30, 3)], [first, at(5, 3)], [first, at(30, 40)], [first, at(30)]]) {
    assert.doesNotMatch(told({ allocation, epochs }).join(' '), /new unit/)
  }
})

test('without units nothing is foretold of them', () => {
  assert.equal(told({ arms: [] })[1], 'The smaller arm lacks 100 of the 100 units that a promotion takes.')
})

test('each other state says what it means and what a person can do', () => {
  assert.match(told({ status: 'draft' }).join(), /takes no traffic yet: "astraapi experiments start spam-1-1"/)
  const paused = told({ status: 'paused', reason: 'sample ratio.' }).join(' ')
  assert.match(
    paused,
    /^Paused since 2026-11-23 13:40:20 UTC: sample ratio\. .*experiments resume spam-1-1.*experiments stop/,
  )
  assert.match(told({ status: 'promoted', winner: '1.1' }).join(), /: 1\.1 takes all calls\.$/)
  for (const status of ['rolled_back', 'inconclusive', 'stopped'] as const) {
    assert.match(told({ status }).join(), /: 1\.0 takes all calls\.$/)
  }
})
