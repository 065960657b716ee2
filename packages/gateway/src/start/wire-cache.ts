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

export function wireCache({ redis, bytesMax = bytesMaxDefault, metrics, clock }: CacheWiring): WiredCache {
  const store = redis ? redisCache(redis) : memoryCache({ bytesMax, clock })
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
  return {
    cache: createCache({ store, clock }),
    status: () => ({ ...store.status(), answers: redis ? 'redis' : 'memory' }),
  }
}
