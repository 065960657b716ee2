import { type CacheEntry, type CacheStore, isPurgedBy } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'

export interface MemoryCacheOptions {
  /** Of all answers together, their keys and what it costs to keep them included. */
  readonly bytesMax: number
  readonly clock: Pick<Clock, 'now'>
}

/** What an entry takes besides its bytes and its key: two objects, a Buffer with a store of its own, a place in a Map. */
const overheadBytes = 400

interface Held {
  readonly entry: CacheEntry
  readonly expiresAt: number
  readonly bytes: number
}

/**
 * Answers in this process's memory: where room is needed, those go that were not asked for longest. What has expired takes room until
 * then, which the bound includes. It lives as long as the process, and no other gateway sees it.
 */
export function memoryCache({ bytesMax, clock }: MemoryCacheOptions): CacheStore {
  /** In the order in which they were last asked for. */
  const held = new Map<string, Held>()
  let bytes = 0

  const remove = (key: string): void => {
    const one = held.get(key)
    if (!one) return
    held.delete(key)
    bytes -= one.bytes
  }
  const find = (key: string): Held | undefined => {
    const one = held.get(key)
    if (!one || one.expiresAt > clock.now()) return one
    remove(key)
    return undefined
  }
  const put = (key: string, entry: CacheEntry, keepMs: number): void => {
    remove(key)
    const size = entry.bytes.length + key.length + overheadBytes
    if (size > bytesMax) return
    held.set(key, { entry, expiresAt: clock.now() + keepMs, bytes: size })
    bytes += size
    for (const oldest of held.keys()) {
      if (bytes <= bytesMax) break
      remove(oldest)
    }
  }

  return {
    get(key) {
      const one = find(key)
      if (!one) return undefined
      held.delete(key)
      held.set(key, one)
      return one.entry
    },
    set: put,
    add(key, entry, keepMs) {
      if (find(key)) return false
      put(key, entry, keepMs)
      return true
    },
    delete: remove,
    async purge(prefix) {
      const before = held.size
      for (const key of held.keys()) if (isPurgedBy(key, prefix)) remove(key)
      return before - held.size
    },
    status: () => ({ entries: held.size, bytes, failures: 0, fault: undefined }),
    async close() {
      held.clear()
      bytes = 0
    },
  }
}
