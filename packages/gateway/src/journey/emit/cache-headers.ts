import type { CacheNote } from '../../kernel/cache.ts'

type Headers = Readonly<Record<string, string>>

const none: Headers = {}

/** What the cache had to do with an answer; Age as RFC 9111, section 5.1, has it. */
export function cacheHeaders(cache: CacheNote | undefined): Headers {
  if (!cache) return none
  const { outcome, ageMs, replayed } = cache
  return {
    'astra-cache': outcome,
    ...(ageMs === undefined ? {} : { age: String(Math.floor(ageMs / 1000)) }),
    ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
  }
}
