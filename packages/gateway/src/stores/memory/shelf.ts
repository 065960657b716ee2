import type { CacheEntry } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'

/** What an entry takes besides its bytes and its key: two objects, a Buffer with a store of its own, a place in a Map. */
const overheadBytes = 400

interface Held {
  readonly entry: CacheEntry
  readonly expiresAt: number
  readonly bytes: number
}

/**
 * Entries under a bound of their own, in bytes: where room is needed, those go that were not asked for longest. What has expired takes room
 * until then, which the bound includes. Entries that are *pinned* make room for none: they stay until they are replaced or expire.
 */
export class Shelf {
  readonly #bytesMax: number
  readonly #clock: Pick<Clock, 'now'>
  /** In the order in which they were last asked for. */
  readonly #held = new Map<string, Held>()
  readonly #pinned = new Map<string, Held>()
  #bytes = 0

  constructor(bytesMax: number, clock: Pick<Clock, 'now'>) {
    this.#bytesMax = bytesMax
    this.#clock = clock
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#held.size + this.#pinned.size
  }

  keys(): readonly string[] {
    return [...this.#held.keys(), ...this.#pinned.keys()]
  }

  get(key: string): CacheEntry | undefined {
    const one = this.#held.get(key) ?? this.#pinned.get(key)
    if (!one) return undefined
    if (one.expiresAt <= this.#clock.now()) {
      this.remove(key)
      return undefined
    }
    if (this.#held.delete(key)) this.#held.set(key, one)
    return one.entry
  }

  put(key: string, entry: CacheEntry, keepMs: number): boolean {
    return this.#put(this.#held, key, entry, keepMs)
  }

  pin(key: string, entry: CacheEntry, keepMs: number): boolean {
    return this.#put(this.#pinned, key, entry, keepMs)
  }

  remove(key: string): void {
    const one = this.#held.get(key) ?? this.#pinned.get(key)
    if (!one) return
    this.#held.delete(key)
    this.#pinned.delete(key)
    this.#bytes -= one.bytes
  }

  clear(): void {
    this.#held.clear()
    this.#pinned.clear()
    this.#bytes = 0
  }

  /** False where it is not kept, as there is no room. */
  #put(among: Map<string, Held>, key: string, entry: CacheEntry, keepMs: number): boolean {
    this.remove(key)
    const bytes = entry.bytes.length + key.length + overheadBytes
    if (!this.#makeRoom(bytes)) return false
    among.set(key, { entry, expiresAt: this.#clock.now() + keepMs, bytes })
    this.#bytes += bytes
    return true
  }

  #makeRoom(bytes: number): boolean {
    if (bytes > this.#bytesMax) return false
    for (const oldest of this.#held.keys()) {
      if (this.#bytes + bytes <= this.#bytesMax) return true
      this.remove(oldest)
    }
    if (this.#bytes + bytes <= this.#bytesMax) return true
    for (const [key, { expiresAt }] of this.#pinned) if (expiresAt <= this.#clock.now()) this.remove(key)
    return this.#bytes + bytes <= this.#bytesMax
  }
}
