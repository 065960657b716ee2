import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Key } from '../kernel/caller.ts'
import { besideServed } from '../kernel/internal-consumers.ts'
import type { Counted, Spent, Take } from '../kernel/limits.ts'
import type { Reports } from '../kernel/store.ts'
import { memoryCounters } from '../stores/memory/counters.ts'
import { byTakes } from '../stores/testing/by-takes.ts'
import { type Holder, holdersIn, holdersOf, lookAtBudgets, restoreBudgets } from './restore-budgets.ts'

const now = Date.UTC(2026, 10, 23, 12)
const clock = { now: () => now, elapsed: () => 0, id: () => '' }
const countsAs = (id: string) => (id === 'key_2' ? 'key_1' : id)

/** Spent by every owner: 1 today, 10 this month. */
async function restored(holders: readonly Holder[]) {
  const asked: unknown[] = []
  const told: Spent[] = []
  const names = { consumer: 'demo', team: 'growth', model: 'spam', major: '1', version: '1.0' } as const
  const spent: Reports['spent'] = async (query) => {
    asked.push(query.by)
    const costUsd = query.from === Date.UTC(2026, 10, 23) ? 1 : 10
    if (query.by.includes('key')) return ['key_1', 'key_2', 'key_3'].map((key) => ({ by: { key }, costUsd }))
    const by = Object.fromEntries(query.by.map((dimension) => [dimension, names[dimension as keyof typeof names]]))
    return [
      { by, costUsd },
      { by: { ...by, consumer: '', team: '', major: '2' }, costUsd: 0 },
    ]
  }
  const counters = memoryCounters({ clock })
  const restore = (more: readonly Spent[]) => void told.push(...more)
  const noting = { take: counters.take, restore, raise: () => assert.fail('none has begun') }
  const seen = await lookAtBudgets(holders, { counters: noting, now })
  await restoreBudgets(seen, { counters: noting, reports: { spent }, countsAs, now, failed: assert.fail })
  return { asked, takes: told.map(({ key, by }) => [key, [...by.values()].reduce((sum, costUsd) => sum + costUsd)]) }
}

test('every owner of a budget begins with what it has spent in this day and month', async () => {
  const both = { budget: { day: 5, month: 50 } }
  const catalog = testCatalog(
    { '1.0': 1 },
    {
      versions: { '1.0': { limits: { budget: { day: 5 } } } },
      limits: { budget: { month: 50 } },
      consumers: { demo: { demo: true, limits: both }, idle: { demo: false, limits: both } },
      teams: { growth: { limits: both } },
    },
  )
  assert.deepEqual((await restored(holdersIn(catalog))).takes, [
    ['consumer:demo/budget-day/2026-11-23', 1],
    ['consumer:demo/budget-month/2026-11', 10],
    ['team:growth/budget-day/2026-11-23', 1],
    ['team:growth/budget-month/2026-11', 10],
    ['model:spam/budget-month/2026-11', 10],
    ['version:spam@v1/1.0/budget-day/2026-11-23', 1],
  ])
})

test('what copies to shadow versions cost counts for their consumer alone', async () => {
  const asked: unknown[][] = []
  const spent: Reports['spent'] = async ({ by, without }) => {
    asked.push([by[0], without])
    return []
  }
  const kinds = ['consumer', 'team', 'model', 'version'] as const
  const holders = kinds.map((kind): Holder => ({ owner: { kind, name: kind }, limits: { budget: { day: 5 } } }))
  const counters = memoryCounters({ clock })
  const seen = await lookAtBudgets(holders, { counters, now })
  await restoreBudgets(seen, { counters, reports: { spent }, countsAs, now, failed: assert.fail })
  assert.deepEqual(asked, [
    ['consumer', undefined],
    ['team', undefined],
    ['model', besideServed],
    ['model', besideServed],
  ])
})

test('a key begins with what it, and those whose place it took, have spent; one that ended is left alone', async () => {
  const limits = { budget: { day: 5, month: 50 } }
  const key = (id: string, over: Partial<Key> = {}): Key => {
    return { id, consumer: 'shop', permissions: ['infer'], createdAt: 0, limits, ...over }
  }
  const keys = [
    key('key_1', { expiresAt: now }),
    key('key_2', { replaces: 'key_1', countsAs: 'key_1', limits: { budget: { month: 50 } } }),
    key('key_3', { expiresAt: now + 1, limits: { budget: { day: 5 } } }),
    key('key_4', { revokedAt: 1 }),
    key('key_5', { limits: { concurrent: 1 } }),
    key('key_6'),
  ]
  assert.deepEqual((await restored(holdersOf(keys, now))).takes, [
    ['key:key_3/budget-day/2026-11-23', 1],
    ['key:key_1/budget-month/2026-11', 20],
  ])
})

test('accounting is not asked where there is no budget', async () => {
  const rate = { requests: { amount: 1, perMs: 1000, burst: 1 } }
  const catalog = testCatalog({ '1.0': 1 }, { limits: rate, teams: { growth: { limits: rate } } })
  assert.deepEqual((await restored(holdersIn(catalog))).asked, [])
})

test('of very many budgets each is looked at and restored, some hundreds by a command', async () => {
  const holders = Array.from({ length: 1201 }, (_, n): Holder => {
    return { owner: { kind: 'key', name: `key_${n}` }, limits: { budget: { day: 1 } } }
  })
  const rows = holders.map(({ owner: { name } }, n) => ({ by: { key: name }, costUsd: (n + 1) / 10_000 }))
  const counters = memoryCounters({ clock })
  const sizes: number[] = []
  const noting = {
    take: (asked: readonly Counted[]) => {
      sizes.push(asked.length)
      return Promise.resolve(counters.take(asked, [], 'look'))
    },
    restore: (spent: readonly Spent[]) => {
      sizes.push(spent.length)
      return counters.restore(spent)
    },
    raise: () => assert.fail('none has begun'),
  }
  const seen = await lookAtBudgets(holders, { counters: noting, now })
  const reports = { spent: async () => rows }
  await restoreBudgets(seen, { counters: noting, reports, countsAs: (id) => id, now, failed: assert.fail })
  assert.deepEqual(sizes, [500, 500, 201, 500, 500, 201])
  assert.equal(counters.size(), 1201)
  assert.deepEqual(
    (await lookAtBudgets(holders, { counters, now })).map(({ begun }) => begun.size),
    [1201],
  )
})

const ofDay = holdersIn(
  testCatalog(
    { '1.0': 1 },
    {
      versions: { '1.0': { limits: { budget: { day: 10 } } }, '1.1': { limits: { budget: { day: 10 } } } },
      teams: { growth: { limits: { budget: { day: 10 } } } },
    },
  ),
)
const spend = (owner: string, amount: number): Take => ({
  key: `${owner}/budget-day/2026-11-23`,
  bound: { type: 'sum', max: 10, until: now + 3_600_000 },
  amount,
})
const version = (id: string) => `version:spam@v1/${id}`
const spentBy = (id: string, costUsd: number) => ({ by: { model: 'spam', major: '1', version: id }, costUsd })

test('what is counted already is only raised, and what came in since it was looked at is kept', async () => {
  const counters = memoryCounters({ clock })
  const left = (owner: string) => {
    const taken = byTakes(counters).take([spend(owner, 0)], 'look')
    return taken instanceof Promise ? undefined : taken.remaining[0]
  }
  byTakes(counters).take([spend(version('1.0'), 4)], 'a')
  const seen = await lookAtBudgets(ofDay, { counters, now })
  const during = () => byTakes(counters).take([spend(version('1.1'), 1)], 'b')
  during()
  const spent = async () => {
    // While accounting is read, too.
    during()
    return [spentBy('1.0', 2), spentBy('1.1', 6)]
  }
  const ports = { counters, reports: { spent }, countsAs, now, failed: assert.fail }
  await restoreBudgets(
    seen.filter(({ kind }) => kind === 'version'),
    ports,
  )
  assert.deepEqual([left(version('1.0')), left(version('1.1'))], [6, 2])
  await restoreBudgets(seen, { ...ports, reports: { spent: async () => [spentBy('1.1', 6)] } })
  assert.equal(left(version('1.1')), 2)
  const again = await lookAtBudgets(ofDay, { counters, now })
  await restoreBudgets(again, { ...ports, reports: { spent: async () => [spentBy('1.0', 9), spentBy('1.1', 7)] } })
  assert.deepEqual([left(version('1.0')), left(version('1.1'))], [1, 2])
})

test('where accounting fails for some owners the others are restored, and it is told who was not', async () => {
  const counters = memoryCounters({ clock })
  const spent: Reports['spent'] = async ({ by }) => {
    if (by.includes('team')) throw new Error('no')
    return [spentBy('1.0', 2)]
  }
  const failures: string[] = []
  const failed = (kind: string) => void failures.push(kind)
  const seen = await lookAtBudgets(ofDay, { counters, now })
  const left = await restoreBudgets(seen, { counters, reports: { spent }, countsAs, now, failed })
  assert.deepEqual([failures, left.map(({ kind }) => kind), counters.size()], [['team'], ['team'], 1])
})
