import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { permit } from '../journey/admit/permit.ts'
import { assign } from '../journey/assign/assign.ts'
import { limitsOf } from '../journey/charge/limits-of.ts'
import { periodsAt } from '../journey/charge/period.ts'
import { testCall, testCaller, testCatalog } from '../journey/testing/fixtures.ts'
import { callerOf } from '../kernel/caller.ts'
import { internalCaller } from '../kernel/internal-consumers.ts'
import type { Spent } from '../kernel/limits.ts'
import type { Reports, SpentColumn } from '../kernel/store.ts'
import { memoryCounters } from '../stores/memory/counters.ts'
import { type SpentGroup, spentRollup } from '../stores/spent-rollup.ts'
import { type Holder, holdersIn, lookAtBudgets, restoreBudgets } from './restore-budgets.ts'

const now = Date.UTC(2026, 10, 23, 12)
const limits = { budget: { day: 1000, month: 1000 } }
const consumers = {
  demo: { demo: true, team: 'growth', limits },
  shop: { demo: false, limits },
  'astra-shadow': { demo: false, team: 'core', limits },
}
const catalog = testCatalog(
  { '1.0': 1, '1.1': 1 },
  {
    versions: { '1.0': { limits }, '1.1': { limits } },
    limits,
    consumers,
    teams: { growth: { limits }, core: { limits } },
  },
)
const callers = {
  demo: { ...testCaller(), limits },
  shop: { ...callerOf({ id: 'key_2', consumer: 'shop', permissions: ['infer'], createdAt: 0 }), team: 'core' },
  copy: internalCaller('astra-shadow'),
} as const

const calls = fc.array(
  fc.record({
    by: fc.constantFrom('demo', 'shop', 'copy'),
    version: fc.constantFrom('1.0', '1.1'),
    costUsd: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 20 },
)

test('a budget has spent the same after a restart as before it, copies to shadow versions or not', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (made) => {
      const counted = new Map<string, number>()
      const rollup = spentRollup()
      for (const { by, version, costUsd } of made) {
        const caller = callers[by]
        const call = testCall({ options: { version }, ...(by === 'copy' ? { role: 'shadow' } : {}) })
        for (const bound of limitsOf(assign(permit(call, caller, catalog)))) {
          const { key } = bound.counted(periodsAt(now), 0)
          counted.set(key, (counted.get(key) ?? 0) + costUsd)
        }
        const { keyId, consumer } = caller
        const team = 'team' in caller ? caller.team : catalog.consumer(consumer)?.team
        const who = { keyId, consumer, ...(team === undefined ? {} : { team }) }
        rollup.add({ ...who, time: now, model: 'spam', major: 1, versionAssigned: version, costUsd })
      }
      assert.deepEqual(await restored(rollup.take()), Object.fromEntries([...counted].sort()))
    }),
    { numRuns: 50 },
  )
})

async function restored(groups: readonly SpentGroup[]): Promise<Readonly<Record<string, number>>> {
  const spent: Reports['spent'] = async ({ by, without }) =>
    groups
      .filter(({ consumer }) => !without?.includes(consumer))
      .map((group) => {
        const columns: Readonly<Partial<Record<SpentColumn, string>>> = { ...group, writer: 'store' }
        return { by: Object.fromEntries(by.map((one) => [one, columns[one]])), costUsd: group.costUsd }
      })
  const all: Spent[] = []
  const restore = (more: readonly Spent[]) => void all.push(...more)
  const counters = { ...memoryCounters({ clock: { now: () => now, elapsed: () => 0, id: () => '' } }), restore }
  const key: Holder = { owner: { kind: 'key', name: 'key_1' }, limits }
  const seen = await lookAtBudgets([...holdersIn(catalog), key], { counters, now })
  const ports = { counters, reports: { spent }, countsAs: (id: string) => id, now, failed: assert.fail }
  await restoreBudgets(seen, ports)
  return Object.fromEntries(all.map(({ key, by }): [string, number] => [key, by.get('store') ?? 0]).sort())
}
