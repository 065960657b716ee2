import type { CacheEntry } from '../../kernel/cache.ts'
import { Chain, type Link } from '../../kernel/chain.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Cells } from './cells.ts'

/** What an entry takes besides its bytes and its key: four small objects, a place in a Map, what its last cell leaves empty. */
const overheadBytes = 400
/** A longer answer has a Buffer of its own, which costs little beside it. */
const shortMax = 4096
/**
 * Of those in cells so many stay as they were last given, beside the bound: who asks again knows the Buffer, and need not read it, which is
 * 4 us a hit.
 */
const atHandMax = 4096

interface Held {
  readonly key: string
  readonly length: number
  readonly storedAt: number
  readonly expiresAt: number
  readonly bytes: number
  /** Where in the cells it lies; undefined of a long one. */
  cell: number | undefined
  entry: CacheEntry | undefined
  /** Among those of its kind. */
  link: Link<Held> | undefined
}

/**
 * Entries under a bound of their own, in bytes: where room is needed, those go that were not asked for longest. What has expired takes room
 * until then, which the bound includes. Cells are given back when the last short entry goes: where long ones took the place of most short
 * ones, up to twice the bound is held. Entries that are *pinned* make room for none: they stay until they are replaced or expire.
 */
export class Shelf {
  readonly #bytesMax: number
  readonly #clock: Pick<Clock, 'now'>
  readonly #held = new Map<string, Held>()
  /** In the order in which they were last asked for: to set them in a Map again with each hit makes it take new tables ever again. */
  #loose = new Chain<Held>()
  #pinned = new Chain<Held>()
  #bytes = 0
  readonly #cells = new Cells()
  readonly #atHand: Held[] = []
  #given = 0

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
    return one.entry ?? this.#read(one)
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
    this.#cells.clear()
    this.#atHand.length = 0
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
    const { length } = entry.bytes
    const { storedAt } = entry
    const isShort = length <= shortMax
    const one: Held = {
      key,
      length,
      storedAt,
      expiresAt,
      bytes,
      cell: isShort ? this.#cells.put(entry.bytes) : undefined,
      entry: isShort ? undefined : { bytes: ownBytes(entry.bytes), storedAt },
      link: undefined,
    }
    one.link = among.push(one)
    this.#held.set(key, one)
    this.#bytes += bytes
    return true
  }

  #makeRoom(bytes: number): boolean {
    if (bytes > this.#bytesMax) return false
    const most = this.#bytesMax - bytes
    while (this.#bytes > most && this.#loose.first) this.#remove(this.#loose.first)
    if (this.#bytes <= most) return true
    const now = this.#clock.now()
    for (const one of this.#pinned) if (one.expiresAt <= now) this.#remove(one)
    return this.#bytes <= most
  }

  #remove(one: Held): void {
    this.#held.delete(one.key)
    this.#unlink(one)
  }

  #unlink(one: Held): void {
    if (one.link) one.link.chain?.remove(one.link)
    if (one.cell !== undefined) this.#cells.free(one.cell)
    one.cell = undefined
    one.entry = undefined
    this.#bytes -= one.bytes
  }

  #read(one: Held): CacheEntry | undefined {
    const { cell, length, storedAt } = one
    if (cell === undefined) return undefined
    const place = this.#given++ % atHandMax
    const before = this.#atHand[place]
    if (before) before.entry = undefined
    this.#atHand[place] = one
    one.entry = { bytes: this.#cells.read(cell, length), storedAt }
    return one.entry
  }
}

/** Not a piece of Node's pool, which would hold the whole for as long as it is kept. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}
