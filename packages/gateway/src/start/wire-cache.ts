import { type Cache, createCache } from '../journey/cache/cache.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { CacheStatus } from '../kernel/cache.ts'
import type { Clock } from '../kernel/clock.ts'
import { memoryCache } from '../stores/memory/cache.ts'
import { redisCache } from '../stores/redis/cache.ts'
import type { RedisConnection } from '../stores/redis/connection.ts'

export interface WiredCache {
  readonly cache: Cache
  /** Where answers are, and how it fares. */
  status(): CacheStatus & { readonly answers: 'memory' | 'redis' }
}

export interface CacheWiring {
  /** Left out: this gateway keeps answers for itself. */
  readonly redis: RedisConnection | undefined
  /** Of a cache in memory, all contracts together; left out: 256 MiB. */
  readonly bytesMax: number | undefined
  readonly metrics: Metrics
  readonly clock: Clock
}

const bytesMaxDefault = 256 * 1024 * 1024
/** Of it, for answers to Idempotency-Keys: no other answers take their room. */
const idempotencyShare = 1 / 4

export function wireCache({ redis, bytesMax = bytesMaxDefault, metrics, clock }: CacheWiring): WiredCache {
  const store = redis ? redisCache(redis) : memoryCache({ ...sharesOf(bytesMax), clock })
  metrics.gauge('astra_cache_fault', '1 while the shared cache cannot be reached', () =>
    store.status().fault === undefined ? 0 : 1,
  )
  metrics.counters('astra_cache_failures_total', 'Answers that could not be looked up or kept', [], () => [
    { labels: {}, value: store.status().failures },
  ])
  if (!redis) {
    metrics.gauge('astra_cache_bytes', 'Memory that kept answers take', () => store.status().bytes ?? 0)
    metrics.gauge('astra_cache_entries', 'Answers kept', () => store.status().entries ?? 0)
  }
  const cache = createCache({ store, clock })
  tellSemantic(cache, metrics)
  return {
    cache,
    status: () => ({ ...store.status(), answers: redis ? 'redis' : 'memory' }),
  }
}

function sharesOf(bytes: number) {
  const ownBytesMax = Math.floor(bytes * idempotencyShare)
  return { bytesMax: bytes - ownBytesMax, ownBytesMax }
}

/** Semantic look-ups; labels are contracts and closed sets. */
function tellSemantic(cache: Cache, metrics: Metrics): void {
  metrics.counters(
    'astra_cache_semantic_total',
    'Calls without an exact answer whose text was looked up; those that failed, were served, or would have been',
    ['model', 'major', 'what'],
    () =>
      cache
        .semanticReports()
        .flatMap(({ model, major, lookups, failures, served, wouldServe }) =>
          Object.entries({ lookup: lookups, failure: failures, served, 'would-serve': wouldServe }).map(
            ([what, value]) => ({ labels: { model, major: `v${major}`, what }, value }),
          ),
        ),
  )
  metrics.counters(
    'astra_cache_similarity_total',
    'The same by the similarity of the nearest text; those that were asked all the same, and those whose answer was equal',
    ['model', 'major', 'from', 'what'],
    () =>
      cache.semanticReports().flatMap(({ model, major, similarities }) =>
        similarities.flatMap(({ from, ...counts }) =>
          Object.entries(counts).map(([what, value]) => ({
            labels: { model, major: `v${major}`, from: String(from), what },
            value,
          })),
        ),
      ),
  )
  metrics.gauge('astra_cache_vectors', 'Texts that new ones are compared with', () => cache.vectors().entries)
  metrics.gauge('astra_cache_vector_bytes', 'Memory that they take', () => cache.vectors().bytes)
}
