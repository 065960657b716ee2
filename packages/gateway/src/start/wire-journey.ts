import { hash, randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Keyring } from '../control/keys/keyring.ts'
import { createInFlight } from '../journey/charge/in-flight.ts'
import { createHedgeBudget } from '../journey/dispatch/hedge-budget.ts'
import { createFleet } from '../journey/dispatch/replicas/fleet.ts'
import { fleetsBeside } from '../journey/dispatch/replicas/fleet-beside.ts'
import { createTokenCounter, type TokenCounter } from '../journey/dispatch/usage/token-counter.ts'
import { createMetrics, type Metrics } from '../journey/record/metrics.ts'
import { createRecentCalls, type RecentCalls } from '../journey/record/recent-calls.ts'
import { createJourney, type Journey } from '../journey/serve.ts'
import type { Backend } from '../kernel/backend.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import { isOwnRole } from '../kernel/own-call.ts'
import type { CallRecord } from '../kernel/record.ts'
import type { ReplicaFleet } from '../kernel/replicas.ts'
import type { Store } from '../kernel/store.ts'
import type { RedisConnection } from '../stores/redis/connection.ts'
import { settingOf } from './setting-of.ts'
import { type WiredCache, wireCache } from './wire-cache.ts'
import { type WiredLimits, wireLimits } from './wire-limits.ts'
import { type WiredObservers, wireObservers } from './wire-observers.ts'

/** The journey with its replicas, its metrics and its memory of recent calls. */
export interface WiredJourney {
  readonly journey: Journey
  readonly fleet: ReplicaFleet
  readonly metrics: Metrics
  readonly recent: RecentCalls
  /** Counts tokens where upstream does not tell its usage. */
  readonly counter: TokenCounter
  readonly limits: WiredLimits
  readonly cache: WiredCache
  readonly observing: WiredObservers
  /** What does not work as it should, and keeps nobody from being served; for who looks at the readiness, so in public words. */
  degraded(): readonly string[]
  /** Calls that began and have no Record yet. */
  inFlight(): number
  /** From now on new calls are refused with `stopping`. */
  stopTaking(): void
  /** Resolves when every call that began has its Record, or after `limitMs`; then it says how many have none. */
  idle(limitMs: number): Promise<number>
}

const limitsUnchecked =
  "limits: they cannot be checked; calls go on or are refused as each contract's whenUnavailable says"

export async function wireJourney(ports: {
  readonly store: Store
  readonly backends: ReadonlyMap<string, Backend>
  readonly catalog: () => Catalog
  readonly keyring: Pick<Keyring, 'list' | 'get'>
  /** That an entry of a version's replicas stands for, as last known. */
  readonly addresses: (entry: string) => readonly string[]
  readonly clock: Clock
  readonly log: Logger
  /** Of answers kept in memory. */
  readonly cacheBytesMax?: number | undefined
  /** Of payloads in the store. */
  readonly captureBytesMax?: number | undefined
  /** Looks at each Record that is kept. */
  readonly tap?: (record: CallRecord) => void
  /** Left out: limits are counted in this process alone. */
  readonly redis?: RedisConnection | undefined
}): Promise<WiredJourney> {
  const { store, clock, catalog } = ports
  const metrics = createMetrics()
  const recent = createRecentCalls(store.records)
  const unitSalt = await settingOf(store, 'unit-salt', () => randomBytes(32).toString('hex'))
  let stopping = false
  let inFlight = 0
  let tellIdle = () => {}

  metrics.gauge('astra_catalog_revision', 'Active catalog revision', () => catalog().revision)
  metrics.gauge('astra_records_waiting', 'Records that are not durable yet', () => store.records.status().waiting)

  const replicas = { clock, random: Math.random, addresses: ports.addresses }
  const fleet = createFleet(replicas)
  const counter = createTokenCounter()
  const cache = wireCache({ redis: ports.redis, bytesMax: ports.cacheBytesMax, metrics, clock })
  const limits = wireLimits({ ...ports, redis: ports.redis, metrics })
  const places = createInFlight(clock)
  metrics.gauges('astra_calls_waiting', 'Calls that wait for a free place', ['model'], () =>
    [...places.waiting()].map(([model, value]) => ({ labels: { model }, value })),
  )
  metrics.counters('astra_calls_dropped_total', 'Calls that were to wait and got no place', ['model', 'reason'], () =>
    places.dropped().map(({ model, reason, calls }) => ({ labels: { model, reason }, value: calls })),
  )
  const observing = wireObservers({ ...ports, metrics }, (...asked) => journey.settle(...asked))
  const journey = createJourney({
    clock,
    catalog,
    backends: ports.backends,
    fleet,
    fleetOf: fleetsBeside(fleet, replicas),
    hedges: createHedgeBudget(),
    counter,
    inFlight: places,
    limits: limits.reserve,
    cache: cache.cache,
    observers: observing.observers,
    unitSalt,
    begin(call, caller) {
      metrics.received()
      const closed = stopping ? new AstraError('stopping', { retryAfterMs: 1000 }) : undefined
      const refusal = closed ?? (store.records.accepting() ? undefined : behind(store))
      if (refusal) {
        metrics.refusedUnidentified(refusal.code)
        throw refusal
      }
      inFlight++
      const { model, major, options } = call
      recent.begin(call.id, { consumer: caller.consumer, model, major }, options.reference)
    },
    record: {
      elapsed: clock.elapsed,
      // Keyed, so that a copy of the database does not tell which units called: SHA-256 over a secret prefix of fixed length.
      hashUnit: (unit) => hash('sha256', unitSalt + unit, 'hex').slice(0, 32),
      keep(record) {
        store.records.put(record)
        recent.kept(record)
        observing.kept(record)
        metrics.observe(record)
        ports.tap?.(record)
        if (--inFlight === 0) tellIdle()
        // What becomes of the gateway's own calls stands in reports: a shadow that is down would fill the log with what nobody was answered.
        if (record.outcome === 'failed') ports.log[isOwn(record) ? 'debug' : 'warn'](facts(record), 'call failed')
      },
    },
  })
  return {
    journey,
    fleet,
    metrics,
    recent,
    counter,
    limits,
    cache,
    degraded: () => (limits.status().fault === undefined ? [] : [limitsUnchecked]),
    observing,
    inFlight: () => inFlight,
    stopTaking() {
      stopping = true
      observing.stop()
    },
    async idle(limitMs) {
      if (inFlight === 0) return 0
      const idle = Promise.withResolvers<void>()
      tellIdle = idle.resolve
      const limit = setTimeout(idle.resolve, limitMs)
      await idle.promise
      clearTimeout(limit)
      return inFlight
    },
  }
}

function behind({ records }: Store): AstraError {
  return new AstraError('accounting_unavailable', {
    retryAfterMs: 1000,
    reason: records.status().fault ?? 'the writer is behind',
  })
}

function isOwn({ attempts: [first] }: CallRecord): boolean {
  return first !== undefined && isOwnRole(first.role)
}

function facts({ id, model, versionAssigned, consumer, code, reason, latencyMs }: CallRecord) {
  return { call: id, model, version: versionAssigned, consumer, code, reason, latencyMs: Math.round(latencyMs) }
}
