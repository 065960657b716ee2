import type { CacheNote } from '../../kernel/cache.ts'

type Headers = Readonly<Record<string, string>>

const none: Headers = {}

/** What the cache had to do with an answer; Age as RFC 9111, section 5.1, has it. An answer given again for its key needs no cache. */
export function cacheHeaders(cache: CacheNote | undefined): Headers {
  if (!cache) return none
  const { outcome, ageMs, similarity, replayed } = cache
  return {
    ...(replayed ? { 'idempotent-replayed': 'true' } : { 'astra-cache': outcome }),
    ...(ageMs === undefined ? {} : { age: String(Math.floor(ageMs / 1000)) }),
    // Rounded down: none looks closer than it was.
    ...(similarity === undefined
      ? {}
      : { 'astra-cache-similarity': (Math.floor(similarity * 1000) / 1000).toFixed(3) }),
  }
}
