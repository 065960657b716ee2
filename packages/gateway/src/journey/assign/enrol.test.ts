import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chiSquareOfCounts, sampleRatioCheck } from '@astraapi/statistics'
import fc from 'fast-check'
import type { Catalog } from '../../kernel/catalog.ts'
import type { RunningExperiment, TrafficRule } from '../../kernel/experiment.ts'
import { permit } from '../admit/permit.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { assign } from './assign.ts'

/** `spam` with an experiment of 1.1 against the control 1.0, split as given. */
function experimenting(
  experiment: Partial<RunningExperiment> = {},
  weights: Readonly<Record<string, number>> = { '1.0': 1, '1.1': 1 },
  rules: readonly TrafficRule[] = [],
): Catalog {
  return testCatalog(weights, { consumers: { batch: { demo: false, team: 'growth' } }, experiment, rules })
}

const assigned = (catalog: Catalog, options: object = {}, caller = testCaller()) =>
  assign(permit(testCall({ options }), caller, catalog))
const armOf = (catalog: Catalog, unit: string) => assigned(catalog, { unit }).enrolment?.arm
const units = Array.from({ length: 100_000 }, (_, n) => `unit-${n}`)

describe('an experiment', () => {
  it('never moves a unit while coverage grows, whatever the epoch', () => {
    const steps = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(fc.string(), steps, (unit, coverages) => {
        const met = coverages
          .toSorted((a, b) => a - b)
          .map((coverage, epoch) => armOf(experimenting({ coverage, epoch }), unit))
        const since = met.slice(met.findIndex((arm) => arm !== undefined))
        assert.equal(new Set(since).size, 1, 'once it takes part it stays, in its arm')
      }),
    )
  })

  it('meets shares and coverage, and passes the sample-ratio check', () => {
    const catalog = experimenting({ coverage: 0.5 })
    const arms = Map.groupBy(units, (unit) => armOf(catalog, unit))
    const counts = ['1.0', '1.1'].map((arm) => arms.get(arm)?.length ?? 0)
    assert.ok(sampleRatioCheck([{ counts, shares: [0.5, 0.5] }]).p > 0.001)
    const enrolled = (counts[0] ?? 0) + (counts[1] ?? 0)
    assert.ok(chiSquareOfCounts([enrolled, units.length - enrolled], [0.5, 0.5]).p > 0.001)
    const three = experimenting({}, { '1.0': 2, '1.1': 1, '1.2': 1 })
    const byArm = Map.groupBy(units, (unit) => armOf(three, unit))
    const split = ['1.0', '1.1', '1.2'].map((arm) => byArm.get(arm)?.length ?? 0)
    assert.ok(sampleRatioCheck([{ counts: split, shares: [0.5, 0.25, 0.25] }]).p > 0.001)
  })

  it('gives its arms independently of who takes part, and of other experiments', () => {
    const early = experimenting({ coverage: 0.25 })
    const late = experimenting()
    const other = experimenting({ name: 'another' })
    for (const first of [
      (unit: string) => armOf(early, unit) !== undefined,
      (unit: string) => armOf(other, unit) === '1.1',
    ]) {
      const cells = Map.groupBy(units, (unit) => `${first(unit)} ${armOf(late, unit)}`)
      const table = ['true 1.0', 'true 1.1', 'false 1.0', 'false 1.1'].map((cell) => cells.get(cell)?.length ?? 0)
      const share = ((table[0] ?? 0) + (table[1] ?? 0)) / units.length
      const expected = [share / 2, share / 2, (1 - share) / 2, (1 - share) / 2]
      assert.ok(chiSquareOfCounts(table, expected).p > 0.001, `${table}`)
    }
  })

  it('gives arms that nobody can compute who does not know the secret of the store', () => {
    const catalog = experimenting()
    const met = (salt: string, unit: string) =>
      assign(permit(testCall({ options: { unit } }), testCaller(), catalog), salt).enrolment?.arm
    const cells = Map.groupBy(units, (unit) => `${met('one', unit)} ${met('another', unit)}`)
    const table = ['1.0 1.0', '1.0 1.1', '1.1 1.0', '1.1 1.1'].map((cell) => cells.get(cell)?.length ?? 0)
    assert.ok(chiSquareOfCounts(table, [0.25, 0.25, 0.25, 0.25]).p > 0.001, `${table}`)
  })

  it('tells why, with the share of the arm; whoever does not take part meets the control', () => {
    const found = units.slice(0, 200).map((unit) => assigned(experimenting({ coverage: 0.5, epoch: 3 }), { unit }))
    for (const { reason, propensity, version, enrolment } of found) {
      if (reason === 'not-enrolled') assert.deepEqual([version.id, propensity, enrolment], ['1.0', 1, undefined])
      else {
        assert.deepEqual([reason, propensity], ['experiment', 0.5])
        const kept = { experiment: 'spam-1.1', epoch: 3, arm: version.id, attributionMs: 60_000, cached: false }
        assert.deepEqual(enrolment, kept)
      }
    }
    assert.equal(new Set(found.map(({ version, reason }) => version.id + reason)).size, 3)
  })

  it('gives the control to whoever fell to an arm that has left, without evidence, and moves nobody else', () => {
    const [before, after] = [0, 1].map(() => experimenting({}, { '1.0': 2, '1.1': 1, '1.2': 1 }))
    assert.ok(before && after)
    const contract = after.model('spam')?.contracts.get(1)
    const [control] = contract?.split ?? []
    assert.ok(contract && control)
    const left = { version: control.version, left: true }
    Object.assign(contract, {
      split: contract.split.map((part) => (part.version.id === '1.1' ? { ...part, ...left } : part)),
    })
    for (const unit of units.slice(0, 200)) {
      const { version, reason, enrolment } = assigned(after, { unit })
      const arm = armOf(before, unit)
      if (arm === '1.1') assert.deepEqual([version.id, reason, enrolment], ['1.0', 'not-enrolled', undefined])
      else assert.deepEqual([version.id, enrolment?.arm], [arm, arm])
    }
  })

  it('moves no more units than shares change by, of two arms, and tells the share that each was met with', () => {
    const [before, after] = [
      experimenting({ epoch: 1, startedAt: 7 }, { '1.0': 1, '1.1': 1 }),
      experimenting({ epoch: 2, startedAt: 7 }, { '1.0': 1, '1.1': 4 }),
    ]
    const moved = units.slice(0, 10_000).filter((unit) => {
      const { version, propensity, enrolment } = assigned(after, { unit })
      assert.deepEqual([enrolment?.epoch, enrolment?.startedAt], [2, 7])
      assert.equal(propensity, version.id === '1.1' ? 0.8 : 0.2)
      const arm = armOf(before, unit)
      if (arm === '1.1') assert.equal(version.id, '1.1')
      return arm !== version.id
    })
    assert.ok(chiSquareOfCounts([moved.length, 10_000 - moved.length], [0.3, 0.7]).p > 0.001, `${moved.length}`)
  })

  it('keeps the arms while it is paused, without evidence', () => {
    for (const unit of units.slice(0, 50)) {
      const paused = assigned(experimenting({ paused: true }), { unit })
      assert.equal(paused.version.id, armOf(experimenting(), unit))
      assert.deepEqual([paused.reason, paused.enrolment], ['experiment', undefined])
    }
  })

  it('takes the session where there is no unit, and else the call', () => {
    const catalog = experimenting()
    assert.equal(assigned(catalog, { session: 'unit-1' }).version.id, armOf(catalog, 'unit-1'))
    assert.equal(assigned(catalog).version.id, armOf(catalog, testCall().id))
  })

  it('has no evidence of what is pinned or sent by a rule', () => {
    const rule = experimenting({}, undefined, [{ version: '1.1', consumers: ['demo'] }])
    for (const unit of units.slice(0, 20)) {
      const [pinned, ruled] = [assigned(experimenting(), { unit, version: '1.1' }), assigned(rule, { unit })]
      assert.deepEqual([pinned.reason, pinned.enrolment], ['pin', undefined])
      assert.deepEqual(
        [ruled.reason, ruled.version.id, ruled.propensity, ruled.enrolment],
        ['rule', '1.1', 1, undefined],
      )
    }
    assert.equal(assigned(rule, { version: '1.0' }).reason, 'pin')
  })
})

describe('a rule', () => {
  const batch = { ...testCaller(), consumer: 'batch' }
  const claimed = { ...testCaller(), claims: { 'groups.all': ['staff', 'mail'] } }
  for (const [what, rule, options, caller, holds] of [
    ['a consumer', { consumers: ['x', 'batch'] }, {}, batch, true],
    ['another consumer', { consumers: ['x'] }, {}, batch, false],
    ["the consumer's team", { teams: ['growth'] }, {}, batch, true],
    ["a token's team ahead of it", { teams: ['growth'] }, {}, { ...batch, team: 'search' }, false],
    ['no team', { teams: ['growth'] }, {}, testCaller(), false],
    ['a tag', { tags: { ring: 'inner' } }, { tags: { ring: 'inner', a: 'b' } }, batch, true],
    ['a tag of another value', { tags: { ring: 'inner' } }, { tags: { ring: 'outer' } }, batch, false],
    ['a tag that every object has', { tags: { constructor: 'inner' } }, { tags: {} }, batch, false],
    ['a claim', { claims: { 'groups.all': 'staff' } }, {}, claimed, true],
    ['a claim of another value', { claims: { 'groups.all': 'guests' } }, {}, claimed, false],
    ['a claim that every object has', { claims: { constructor: 'staff' } }, {}, claimed, false],
    ['a claim of a key', { claims: { 'groups.all': 'staff' } }, {}, batch, false],
    ['all that it names', { consumers: ['batch'], tags: { ring: 'inner' } }, { tags: { ring: 'inner' } }, batch, true],
    ['a part of what it names', { consumers: ['batch'], tags: { ring: 'inner' } }, {}, batch, false],
  ] as const) {
    it(`${holds ? 'holds' : 'does not hold'} by ${what}`, () => {
      const catalog = experimenting({}, undefined, [{ version: '1.1', ...rule }])
      assert.equal(assigned(catalog, { unit: 'u', ...options }, caller).reason, holds ? 'rule' : 'experiment')
    })
  }

  it('that comes first decides', () => {
    const catalog = experimenting({}, undefined, [
      { version: '1.0', consumers: ['other'] },
      { version: '1.1', consumers: ['demo'] },
      { version: '1.0' },
    ])
    assert.equal(assigned(catalog).version.id, '1.1')
  })
})
