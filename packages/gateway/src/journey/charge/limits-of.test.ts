import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Limits } from '../../kernel/limits.ts'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { boundsIn, limitsOf, limitsOfOwners } from './limits-of.ts'
import { periodsAt } from './period.ts'

const requests = (amount: number): Limits => ({ requests: { amount, perMs: 60_000, burst: amount } })

const everything: Limits = {
  budget: { month: 300, day: 20 },
  concurrent: 5,
  tokens: { amount: 1000, perMs: 60_000, burst: 500 },
  items: { amount: 100, perMs: 3_600_000, burst: 100 },
  requests: { amount: 10, perMs: 1000, burst: 20 },
}

function catalog(team?: string) {
  return testCatalog(
    { '1.0': 1 },
    {
      versions: { '1.0': { limits: requests(5) } },
      limits: requests(4),
      consumers: { demo: { demo: true, limits: requests(2), ...(team ? { team } : {}) } },
      teams: { growth: { limits: requests(3) }, core: { limits: requests(33) } },
    },
  )
}

const assigned = (given: ReturnType<typeof testCatalog>, over = {}) =>
  assign(permit(testCall(), { ...testCaller(), ...over }, given))

describe('the limits of a call', () => {
  it('are those of its key, consumer, team, model and version, in that order', () => {
    const bounds = limitsOf(assigned(catalog('growth'), { limits: requests(1) }))
    assert.deepEqual(
      bounds.map(({ owner, limit }) => [owner.kind, owner.name, limit]),
      [
        ['key', 'key_1', 1],
        ['consumer', 'demo', 2],
        ['team', 'growth', 3],
        ['model', 'spam', 4],
        ['version', 'spam@v1/1.0', 5],
      ],
    )
  })

  it('go on where a key takes the place of another: both count as the first of them', () => {
    const given = catalog()
    const [rotated] = limitsOf(assigned(given, { keyId: 'key_3', countsAs: 'key_1', limits: requests(1) }))
    assert.equal(rotated?.counted(periodsAt(0), 0).key, 'key:key_1/requests')
    const [named] = limitsOfOwners({ key: { id: 'key_3', countsAs: 'key_1', limits: requests(1) } }, given)
    assert.equal(named?.counted(periodsAt(0), 0).key, 'key:key_1/requests')
  })

  it("take the team that a token names before the consumer's own", () => {
    const names = limitsOf(assigned(catalog('growth'), { team: 'core' })).map(({ owner }) => owner.name)
    assert.ok(names.includes('core') && !names.includes('growth'))
  })

  it('are none, and always the same none, where nothing is declared', () => {
    const bare = assigned(testCatalog({ '1.0': 1 }))
    assert.equal(limitsOf(bare).length, 0)
    assert.equal(limitsOf(bare), limitsOf(bare))
  })

  it('keep owners apart that share one object of limits', () => {
    const shared = requests(9)
    const given = testCatalog(
      { '1.0': 1 },
      {
        limits: shared,
        consumers: { demo: { demo: true, limits: shared, team: 'a' } },
        teams: { a: { limits: shared } },
      },
    )
    const keys = limitsOf(assigned(given)).map((bound) => bound.counted(periodsAt(0), 0).key)
    assert.deepEqual(keys, ['consumer:demo/requests', 'team:a/requests', 'model:spam/requests'])
  })

  it('are found by name as well', () => {
    const given = catalog('growth')
    const version = given.model('spam')?.contracts.get(1)?.versions.get('1.0')
    const named = limitsOfOwners(
      { key: { id: 'key_1' }, consumer: 'demo', model: 'spam', ...(version ? { version } : {}) },
      given,
    )
    assert.deepEqual(
      named.map(({ owner, limit }) => [owner, limit]),
      limitsOf(assigned(given)).map(({ owner, limit }) => [owner, limit]),
    )
    assert.deepEqual(limitsOfOwners({ consumer: 'nobody', model: 'nothing' }, given), [])
  })
})

describe('the bounds of one owner', () => {
  const at = Date.UTC(2026, 10, 23, 12)
  const bounds = boundsIn({ kind: 'team', name: 'growth' }, everything)

  it('are what counters know, a sum by its period', () => {
    assert.deepEqual(
      bounds.map((bound) => bound.counted(periodsAt(at), 99)),
      [
        {
          key: 'team:growth/requests',
          bound: { type: 'rate', amount: 10, perMs: 1000, burst: 20 },
          of: 0,
          settles: false,
        },
        {
          key: 'team:growth/items',
          bound: { type: 'rate', amount: 100, perMs: 3_600_000, burst: 100 },
          of: 1,
          settles: false,
        },
        {
          key: 'team:growth/tokens',
          bound: { type: 'rate', amount: 1000, perMs: 60_000, burst: 500 },
          of: 2,
          settles: true,
        },
        { key: 'team:growth/concurrent', bound: { type: 'concurrent', max: 5, leaseMs: 99 }, of: 3, settles: true },
        {
          key: 'team:growth/budget-day/2026-11-23',
          bound: { type: 'sum', max: 20, until: Date.UTC(2026, 10, 24) },
          of: 4,
          settles: true,
        },
        {
          key: 'team:growth/budget-month/2026-11',
          bound: { type: 'sum', max: 300, until: Date.UTC(2026, 11) },
          of: 4,
          settles: true,
        },
      ],
    )
  })

  it('know their interval', () => {
    const day = 86_400_000
    assert.deepEqual(
      bounds.map((bound) => bound.windowMs(at)),
      [1000, 3_600_000, 60_000, undefined, day, 30 * day],
    )
  })
})
