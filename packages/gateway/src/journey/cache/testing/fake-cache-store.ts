import { type CacheEntry, type CacheStore, isPurgedBy } from '../../../kernel/cache.ts'

/** A store that keeps all for ever, and can be made to fail or to take its turns. */
export class FakeCacheStore implements CacheStore {
  readonly entries = new Map<string, CacheEntry>()
  /** Each look-up takes a turn, as one over the network does. */
  shared = false
  /** Nothing can be looked up or kept. */
  down = false

  get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const found = this.down ? undefined : this.entries.get(key)
    return this.shared ? turn(found) : found
  }

  set(key: string, entry: CacheEntry): void {
    if (!this.down) this.entries.set(key, entry)
  }

  add(key: string, entry: CacheEntry): boolean | undefined | Promise<boolean | undefined> {
    const free = this.down ? undefined : !this.entries.has(key)
    if (free) this.entries.set(key, entry)
    return this.shared ? turn(free) : free
  }

  delete(key: string): void {
    this.entries.delete(key)
  }

  async purge(prefix: string): Promise<number> {
    const keys = [...this.entries.keys()].filter((key) => isPurgedBy(key, prefix))
    for (const key of keys) this.entries.delete(key)
    return keys.length
  }

  status() {
    return { entries: this.entries.size, bytes: 0, failures: 0, fault: undefined }
  }

  async close(): Promise<void> {}
}

function turn<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(() => resolve(value)))
}
