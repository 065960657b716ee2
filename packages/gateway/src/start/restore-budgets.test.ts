import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Counters, Take } from '../kernel/limits.ts'
import type { Reports, UsageQuery, UsageRow } from '../kernel/store.ts'
import { restoreBudgets } from './restore-budgets.ts'

const now = Date.UTC(2026, 10, 23, 12)

/** Spent by every owner: 1 today, 10 this month. */
async function restored(catalog: Catalog) {
  const asked: UsageQuery[] = []
  const takes: Take[] = []
  const names = { consumer: 'demo', team: 'growth', model: 'spam', version: '1.0' } as const
  const usage = async (query: UsageQuery) => {
    asked.push(query)
    const by = Object.fromEntries(query.by.map((dimension) => [dimension, names[dimension as keyof typeof names]]))
    const day = query.from === Date.UTC(2026, 10, 23)
    return [
      { by, costUsd: day ? 1 : 10 },
      { by: { ...by, consumer: '', team: '' }, costUsd: 0 },
    ] as unknown as UsageRow[]
  }
  const counters = { restore: (more: readonly Take[]) => void takes.push(...more) } as unknown as Counters
  await restoreBudgets(catalog, { counters, reports: { usage } as unknown as Reports, now })
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
