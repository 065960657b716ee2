import { type CacheStore, isPurgedBy } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Shelf } from './shelf.ts'

export interface MemoryCacheOptions {
  /** Of all answers together, their keys and what it costs to keep them included. */
  readonly bytesMax: number
  /** Beside it, of what belongs to no model: keys that begin with "#", which are those of Idempotency-Keys. */
  readonly ownBytesMax: number
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Answers in this process's memory. It lives as long as the process, and no other gateway sees it. What was added stays until its answer
 * takes its place, so that no other answers make a call run twice at once; where there is no room for it, it is not added.
 */
export function memoryCache({ bytesMax, ownBytesMax, clock }: MemoryCacheOptions): CacheStore {
  const answers = new Shelf(bytesMax, clock)
  const own = new Shelf(ownBytesMax, clock)
  const shelfOf = (key: string) => (key.startsWith('#') ? own : answers)
  return {
    get: (key) => shelfOf(key).get(key),
    set(key, entry, keepMs) {
      shelfOf(key).put(key, entry, keepMs)
    },
    add(key, entry, keepMs) {
      const shelf = shelfOf(key)
      if (shelf.get(key)) return false
      return shelf.pin(key, entry, keepMs) || undefined
    },
    delete: (key) => shelfOf(key).remove(key),
    async purge(prefix) {
      const keys = answers.keys().filter((key) => isPurgedBy(key, prefix))
      for (const key of keys) answers.remove(key)
      return keys.length
    },
    status: () => ({
      entries: answers.size + own.size,
      bytes: answers.bytes + own.bytes,
      failures: 0,
      fault: undefined,
    }),
    async close() {
      answers.clear()
      own.clear()
    },
  }
}
