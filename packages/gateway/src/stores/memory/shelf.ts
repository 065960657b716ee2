import type { CacheEntry } from '../../kernel/cache.ts'
import { Chain, type Link } from '../../kernel/chain.ts'
import type { Clock } from '../../kernel/clock.ts'

/** What an entry takes besides its bytes and its key: three objects, a Buffer with a store of its own, a place in a Map. */
const overheadBytes = 400

interface Held {
  readonly key: string
  readonly entry: CacheEntry
  readonly expiresAt: number
  readonly bytes: number
  /** Among those of its kind. */
  link: Link<Held> | undefined
}

/**
 * Entries under a bound of their own, in bytes: where room is needed, those go that were not asked for longest. What has expired takes room
 * until then, which the bound includes. Entries that are *pinned* make room for none: they stay until they are replaced or expire.
 */
export class Shelf {
  readonly #bytesMax: number
  readonly #clock: Pick<Clock, 'now'>
  readonly #held = new Map<string, Held>()
  /** In the order in which they were last asked for: to set them in a Map again with each hit makes it take new tables ever again. */
  #loose = new Chain<Held>()
  #pinned = new Chain<Held>()
  #bytes = 0

  constructor(bytesMax: number, clock: Pick<Clock, 'now'>) {
    this.#bytesMax = bytesMax
    this.#clock = clock
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#held.size
  }

  keys(): readonly string[] {
    return [...this.#held.keys()]
  }

  get(key: string): CacheEntry | undefined {
    const one = this.#held.get(key)
    if (!one) return undefined
    if (one.expiresAt <= this.#clock.now()) {
      this.#remove(one)
      return undefined
    }
    if (one.link) this.#loose.renew(one.link)
    return one.entry
  }

  put(key: string, entry: CacheEntry, keepMs: number): boolean {
    return this.#put(this.#loose, key, entry, keepMs)
  }

  pin(key: string, entry: CacheEntry, keepMs: number): boolean {
    return this.#put(this.#pinned, key, entry, keepMs)
  }

  remove(key: string): void {
    const one = this.#held.get(key)
    if (one) this.#remove(one)
  }

  clear(): void {
    this.#held.clear()
    this.#loose = new Chain()
    this.#pinned = new Chain()
    this.#bytes = 0
  }

  /** False where it is not kept, as there is no room. */
  #put(among: Chain<Held>, key: string, entry: CacheEntry, keepMs: number): boolean {
    const before = this.#held.get(key)
    if (before) this.#unlink(before)
    const bytes = entry.bytes.length + key.length + overheadBytes
    if (!this.#makeRoom(bytes)) {
      this.#held.delete(key)
      return false
    }
    const expiresAt = this.#clock.now() + keepMs
    const one: Held = { key, entry, expiresAt, bytes, link: undefined }
    one.link = among.push(one)
    this.#held.set(key, one)
    this.#bytes += bytes
    return true
  }

  #makeRoom(bytes: number): boolean {
    if (bytes > this.#bytesMax) return false
    const fits = () => this.#bytes + bytes <= this.#bytesMax
    while (!fits() && this.#loose.first) this.#remove(this.#loose.first)
    if (fits()) return true
    const now = this.#clock.now()
    for (const one of this.#pinned) if (one.expiresAt <= now) this.#remove(one)
    return fits()
  }

  #remove(one: Held): void {
    this.#held.delete(one.key)
    this.#unlink(one)
  }

  #unlink({ link, bytes }: Held): void {
    if (link) link.chain?.remove(link)
    this.#bytes -= bytes
  }
}
