import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Take } from '../kernel/limits.ts'
import type { Reports } from '../kernel/store.ts'
import { memoryCounters } from '../stores/memory/counters.ts'
import { freshBudgets, restoreBudgets } from './restore-budgets.ts'

const now = Date.UTC(2026, 10, 23, 12)

/** Spent by every owner: 1 today, 10 this month. */
async function restored(catalog: Catalog) {
  const asked: unknown[] = []
  const takes: Take[] = []
  const names = { consumer: 'demo', team: 'growth', model: 'spam', version: '1.0' } as const
  const spent: Reports['spent'] = async (query) => {
    asked.push(query.by)
    const by = Object.fromEntries(query.by.map((dimension) => [dimension, names[dimension as keyof typeof names]]))
    const day = query.from === Date.UTC(2026, 10, 23)
    return [
      { by, costUsd: day ? 1 : 10 },
      { by: { ...by, consumer: '', team: '' }, costUsd: 0 },
    ]
  }
  const counters = memoryCounters({ clock: { now: () => now, elapsed: () => 0, id: () => '' } })
  const noting = { take: counters.take, restore: (more: readonly Take[]) => void takes.push(...more) }
  const fresh = await freshBudgets(catalog, { counters: noting, now })
  await restoreBudgets(fresh, { counters: noting, reports: { spent }, now, failed: assert.fail })
  return { asked, takes: takes.map(({ key, amount }) => [key, amount]) }
}

test('every owner of a budget begins with what it has spent in this day and month', async () => {
  const both = { budget: { day: 5, month: 50 } }
  const { takes } = await restored(
    testCatalog(
      { '1.0': 1 },
      {
        versions: { '1.0': { limits: { budget: { day: 5 } } } },
        limits: { budget: { month: 50 } },
        consumers: { demo: { demo: true, limits: both }, idle: { demo: false, limits: both } },
        teams: { growth: { limits: both } },
      },
    ),
  )
  assert.deepEqual(takes, [
    ['consumer:demo/budget-day/2026-11-23', 1],
    ['consumer:demo/budget-month/2026-11', 10],
    ['team:growth/budget-day/2026-11-23', 1],
    ['team:growth/budget-month/2026-11', 10],
    ['model:spam/budget-month/2026-11', 10],
    ['version:spam@v1/1.0/budget-day/2026-11-23', 1],
  ])
})

test('accounting is not asked where there is no budget', async () => {
  const rate = { requests: { amount: 1, perMs: 1000, burst: 1 } }
  const { asked } = await restored(testCatalog({ '1.0': 1 }, { limits: rate, teams: { growth: { limits: rate } } }))
  assert.deepEqual(asked, [])
})

const ofDay = testCatalog(
  { '1.0': 1 },
  {
    versions: { '1.0': { limits: { budget: { day: 10 } } }, '1.1': { limits: { budget: { day: 10 } } } },
    teams: { growth: { limits: { budget: { day: 10 } } } },
  },
)
const dayKey = (owner: string) => `${owner}/budget-day/2026-11-23`
const spend = (owner: string, amount: number): Take => ({
  key: dayKey(owner),
  bound: { type: 'sum', max: 10, until: now + 3_600_000 },
  amount,
})
const version = (id: string) => `version:spam@v1/${id}`

test('what is counted already is left as it is, and what came in since it was looked at is kept', async () => {
  const counters = memoryCounters({ clock: { now: () => now, elapsed: () => 0, id: () => '' } })
  const left = (owner: string) => {
    const taken = counters.take([spend(owner, 0)], 'look')
    return taken instanceof Promise ? undefined : taken.states[0]?.remaining
  }
  counters.take([spend(version('1.0'), 4)], 'a')
  const fresh = await freshBudgets(ofDay, { counters, now })
  counters.take([spend(version('1.1'), 1)], 'b')
  const spent = async () => [
    { by: { model: 'spam', version: '1.0' }, costUsd: 2 },
    { by: { model: 'spam', version: '1.1' }, costUsd: 6 },
  ]
  for (let n = 0; n < 2; n++) await restoreBudgets(fresh, { counters, reports: { spent }, now, failed: assert.fail })
  assert.deepEqual([left(version('1.0')), left(version('1.1'))], [6, 3])
})

test('where accounting fails for some owners the others are restored', async () => {
  const counters = memoryCounters({ clock: { now: () => now, elapsed: () => 0, id: () => '' } })
  const spent: Reports['spent'] = async ({ by }) => {
    if (by.includes('team')) throw new Error('no')
    return [{ by: { model: 'spam', version: '1.0' }, costUsd: 2 }]
  }
  const failures: string[] = []
  const failed = (kind: string) => void failures.push(kind)
  await restoreBudgets(await freshBudgets(ofDay, { counters, now }), { counters, reports: { spent }, now, failed })
  assert.deepEqual(failures, ['team'])
  assert.equal(counters.size(), 1)
})
