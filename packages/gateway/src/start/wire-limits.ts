import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { limitsOfOwners } from '../journey/charge/limits-of.ts'
import { createReserve, type Reserve } from '../journey/charge/reserve.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Backend } from '../kernel/backend.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'
import type { LimitStatus } from '../kernel/limits.ts'
import type { Store } from '../kernel/store.ts'
import { memoryCounters } from '../stores/memory/counters.ts'
import type { RedisConnection } from '../stores/redis/connection.ts'
import { redisCounters } from '../stores/redis/counters.ts'
import { freshBudgets, restoreBudgets } from './restore-budgets.ts'

export interface WiredLimits {
  readonly reserve: Reserve
  /** How the bounds of some owners stand; takes nothing. */
  look(owners: Parameters<typeof limitsOfOwners>[0]): Promise<readonly LimitStatus[]>
  /** Where counters are, and why they do not work just now. */
  status(): { readonly counters: 'memory' | 'redis'; readonly fault: string | undefined }
  /** Budgets of this catalog begin with what accounting knows to be spent. Never rejects: a store that fails is told in the log. */
  follow(catalog: Catalog): Promise<void>
  close(): Promise<void>
}

export interface LimitPorts {
  /** Left out: this gateway counts for itself. */
  readonly redis: RedisConnection | undefined
  readonly backends: ReadonlyMap<string, Backend>
  readonly catalog: () => Catalog
  readonly store: Pick<Store, 'records' | 'reports'>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
}

/** Of very much accounting: a start, or a change, does not wait longer, and the rest is restored while calls come in. */
const restoreWaitMs = 2000

export function wireLimits({ redis, backends, catalog, store, metrics, clock, log }: LimitPorts): WiredLimits {
  const shared = redis && redisCounters(redis)
  const counters = shared ?? memoryCounters({ clock })
  let unchecked = 0
  metrics.gauge('astra_limits_fault', '1 while limits cannot be checked', () =>
    counters.fault() === undefined ? 0 : 1,
  )
  metrics.counters('astra_limits_unchecked_total', 'Calls that went on while limits could not be checked', [], () => [
    { labels: {}, value: unchecked },
  ])
  metrics.counters('astra_limits_unsettled_total', 'Settlements that did not reach the shared counters', [], () => [
    { labels: {}, value: shared?.unsettled() ?? 0 },
  ])
  let restored = Promise.resolve()
  const failed = (owner: string, thrown: unknown) =>
    log.warn({ owner, reason: operatorReason(toAstraError(thrown)) }, 'budgets begin without what was spent before')
  const restore = async (fresh: Awaited<ReturnType<typeof freshBudgets>>, now: number) => {
    if (fresh.every(({ bounds }) => bounds.size === 0)) return
    // What was spent a moment ago may still wait to be written.
    await store.records.flush()
    await restoreBudgets(fresh, { counters, reports: store.reports, now, failed })
  }
  const reserve = createReserve({ counters, clock, backends, unchecked: () => unchecked++ })
  const follow = (catalog: Catalog) => {
    const now = clock.now()
    const before = restored
    // Which are new has to be known at once, before calls count in them.
    const fresh = attempt(() => freshBudgets(catalog, { counters, now }))
    restored = Promise.all([fresh, before])
      .then(([fresh]) => restore(fresh, now))
      .catch((thrown) => failed('all', thrown))
    return Promise.race([restored, setTimeout(restoreWaitMs, undefined, { ref: false })])
  }
  // What it held may be gone with a crash.
  redis?.onWorking(() => void follow(catalog()))
  return {
    reserve,
    look: (owners) => reserve.look(limitsOfOwners(owners, catalog())),
    status: () => ({ counters: redis ? 'redis' : 'memory', fault: counters.fault() }),
    follow,
    close: () => counters.close(),
  }
}

/** What it throws, its promise rejects with; what it gives, it gives at once. */
async function attempt<T>(run: () => T | Promise<T>): Promise<T> {
  return run()
}
