import type { CacheNote } from '../../kernel/cache.ts'
import type { HeaderList } from './header-list.ts'

/** What the cache had to do with an answer; Age as RFC 9111, section 5.1, has it. An answer given again for its key needs no cache. */
export function addCacheHeaders(headers: HeaderList, cache: CacheNote | undefined): void {
  if (!cache) return
  const { outcome, ageMs, similarity, replayed } = cache
  if (replayed) headers.push('idempotent-replayed', 'true')
  else headers.push('astra-cache', outcome)
  if (ageMs !== undefined) headers.push('age', String(Math.floor(ageMs / 1000)))
  // Rounded down: none looks closer than it was.
  if (similarity !== undefined)
    headers.push('astra-cache-similarity', (Math.floor(similarity * 1000) / 1000).toFixed(3))
}
