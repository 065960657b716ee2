import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Keyring } from '../control/keys/keyring.ts'
import { limitsOfOwners } from '../journey/charge/limits-of.ts'
import { createReserve, type Reserve } from '../journey/charge/reserve.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Backend } from '../kernel/backend.ts'
import type { Caller, Key } from '../kernel/caller.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'
import type { LimitStatus } from '../kernel/limits.ts'
import type { Store } from '../kernel/store.ts'
import { memoryCounters } from '../stores/memory/counters.ts'
import type { RedisConnection } from '../stores/redis/connection.ts'
import { redisCounters } from '../stores/redis/counters.ts'
import { limitQuestions } from './limit-questions.ts'
import {
  type Budgets,
  begunBudgets,
  type Holder,
  holdersIn,
  holdersOf,
  lookAtBudgets,
  restoreBudgets,
} from './restore-budgets.ts'

export interface WiredLimits {
  readonly reserve: Reserve
  /** How the bounds of some owners stand; takes nothing. */
  look(owners: Parameters<typeof limitsOfOwners>[0]): Promise<readonly LimitStatus[]>
  /** Rejects with `rate_limited` when this caller has asked about its calls too often. */
  admitQuestion(caller: Pick<Caller, 'keyId' | 'consumer'>): Promise<void>
  /** Where counters are, and why they do not work just now. */
  status(): { readonly counters: 'memory' | 'redis'; readonly fault: string | undefined }
  /** Budgets of this catalog begin with what accounting knows to be spent. Never rejects: a store that fails is told in the log. */
  follow(catalog: Catalog): Promise<void>
  /** The same of keys that are new, or have other limits now. */
  followKeys(keys: readonly Key[]): Promise<void>
  close(): Promise<void>
}

export interface LimitPorts {
  /** Left out: this gateway counts for itself. */
  readonly redis: RedisConnection | undefined
  readonly backends: ReadonlyMap<string, Backend>
  readonly catalog: () => Catalog
  readonly keyring: Pick<Keyring, 'list' | 'get'>
  readonly store: Pick<Store, 'records' | 'reports'>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Rejects when the signal says so. Default: real time. */
  readonly pause?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Of very much accounting: a start, or a change, does not wait longer, and the rest is restored while calls come in. */
const restoreWaitMs = 2000
/** Accounting that could not be read is asked again after so long, then ever more seldom. */
const againMs = { first: 1000, longest: 60_000 } as const
/** What a budget misses (Redis lost it, or calls went on unchecked), it misses for so long at most. */
const tellEveryMs = 60_000

export function wireLimits(ports: LimitPorts): WiredLimits {
  const { redis, backends, catalog, keyring, store, metrics, clock, log, pause = realPause } = ports
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
  let restored: Promise<unknown> = Promise.resolve()
  const failed = (owner: string, thrown: unknown) =>
    log.warn(
      { owner, reason: operatorReason(toAstraError(thrown)) },
      'budgets miss what was spent, as accounting cannot tell it',
    )
  const closing = new AbortController()
  const countsAs = (id: string) => keyring.get(id)?.countsAs ?? id
  /** Until all of them are: nobody else would. */
  const restore = async (all: readonly Budgets[], now: number) => {
    let left = all
    for (let pauseMs: number = againMs.first; left.length > 0; pauseMs = Math.min(2 * pauseMs, againMs.longest)) {
      // What was spent a moment ago may still wait to be written.
      await store.records.flush()
      left = await restoreBudgets(left, { counters, reports: store.reports, countsAs, now, failed })
      if (left.length > 0) await pause(pauseMs, closing.signal)
    }
  }
  const reserve = createReserve({ counters, clock, backends, unchecked: () => unchecked++ })
  const restoreNext = (seen: Promise<readonly Budgets[]>, now: number) => {
    restored = Promise.all([seen, restored])
      .then(([all]) => restore(all, now))
      .catch((thrown) => closing.signal.aborted || failed('all', thrown))
    return restored
  }
  const begin = (holders: readonly Holder[], now: number) => {
    // Which are new has to be known at once, before calls count in them.
    const seen = attempt(() => lookAtBudgets(holders, { counters, now }))
    return Promise.race([restoreNext(seen, now).then(() => {}), pause(restoreWaitMs)])
  }
  const follow = (catalog: Catalog) => begin(holdersIn(catalog), clock.now())
  const followKeys = (keys: readonly Key[]) => begin(holdersOf(keys, clock.now()), clock.now())
  /** All as though they had begun: to raise them counts nothing twice. 20 ms of a worker with 100 budgeted keys, 0.3 s with 5,000. */
  const tellAll = () => {
    const now = clock.now()
    const holders = [...holdersIn(catalog()), ...holdersOf(keyring.list(), now)]
    return restoreNext(Promise.resolve(begunBudgets(holders)), now)
  }
  const keepTelling = async () => {
    for (;;) {
      await pause(tellEveryMs, closing.signal)
      if (counters.fault() === undefined) await tellAll()
    }
  }
  // What Redis held may be gone, with a crash or a flush.
  redis?.onWorking(() => void tellAll())
  // Until it closes.
  keepTelling().catch(() => {})
  return {
    reserve,
    look: (owners) => reserve.look(limitsOfOwners(owners, catalog())),
    admitQuestion: limitQuestions(clock),
    status: () => ({ counters: redis ? 'redis' : 'memory', fault: counters.fault() }),
    follow,
    followKeys,
    close() {
      closing.abort()
      return counters.close()
    },
  }
}

/** Keeps no process alive. */
function realPause(ms: number, signal?: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { ref: false, ...(signal ? { signal } : {}) })
}

/** What it throws, its promise rejects with; what it gives, it gives at once. */
async function attempt<T>(run: () => T | Promise<T>): Promise<T> {
  return run()
}
