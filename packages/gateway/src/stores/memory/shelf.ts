import type { CacheEntry } from '../../kernel/cache.ts'
import { Chain, type Link } from '../../kernel/chain.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AtHand, type Given } from './at-hand.ts'
import { Cells, type Lodger } from './cells.ts'
import { cellBytes, cellCostBytes } from './slab.ts'

/** What an entry takes besides its bytes and its key, as measured: five small objects, a place in a Map. */
const overheadBytes = 320
/** A long one besides: a Buffer, which is two objects and a note of the C library's. */
const ownBufferBytes = 280
/** A longer answer has a Buffer of its own, which costs little beside it. */
const shortMax = 4096
/** Of the room, for those of them that were given last. */
const atHandShare = 1 / 16
/** Fewer would make what one of them leaves empty too much of the room. */
const slabsMin = 64
const slabCellsMax = 2048
/** In place of a cell. */
const none = -1

interface Held extends Lodger, Given {
  readonly key: string
  readonly storedAt: number
  readonly expiresAt: number
  /** But for those in cells. */
  readonly bytes: number
  /** Among those of its kind. */
  link: Link<Held> | undefined
}

/**
 * Entries under a bound of their own, in bytes, which all that is held of them is counted against: cells in which nothing lies and answers at
 * hand, too. Where room is needed, those go that were not asked for longest. What has expired takes room until then. Entries that are
 * *pinned* make room for none: they stay until they are replaced or expire.
 */
export class Shelf {
  readonly #clock: Pick<Clock, 'now'>
  readonly #held = new Map<string, Held>()
  /** In the order in which they were last asked for: to set them in a Map again with each hit makes it take new tables ever again. */
  #loose = new Chain<Held>()
  #pinned = new Chain<Held>()
  /** But for what the cells hold. */
  #bytes = 0
  readonly #bytesMax: number
  readonly #cells: Cells<Held>
  /** Answers up to this length lie in cells; of little room none do. */
  readonly #shortMax: number
  readonly #atHand: AtHand

  constructor(bytesMax: number, clock: Pick<Clock, 'now'>) {
    const slabCells = Math.min(slabCellsMax, bytesMax / slabsMin / cellCostBytes)
    const hasCells = slabCells * cellBytes >= shortMax
    this.#clock = clock
    this.#shortMax = hasCells ? shortMax : none
    this.#cells = new Cells(hasCells ? 2 ** Math.floor(Math.log2(slabCells)) : 1)
    const atHandBytesMax = hasCells ? Math.floor(bytesMax * atHandShare) : 0
    this.#atHand = new AtHand(atHandBytesMax)
    this.#bytesMax = bytesMax - atHandBytesMax
  }

  /** All that is held. */
  get bytes(): number {
    return this.#bytes + this.#cells.bytes + this.#atHand.bytes
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
    this.#atHand.clear()
  }

  /** False where it is not kept, as there is no room. */
  #put(among: Chain<Held>, key: string, entry: CacheEntry, keepMs: number): boolean {
    const before = this.#held.get(key)
    if (before) this.#unlink(before)
    const { length } = entry.bytes
    const { storedAt } = entry
    const isShort = length <= this.#shortMax
    const bytes = key.length + overheadBytes + (isShort ? 0 : length + ownBufferBytes)
    if (!this.#makeRoom(bytes, isShort ? length : undefined)) {
      this.#held.delete(key)
      return false
    }
    const one: Held = {
      key,
      length,
      storedAt,
      expiresAt: this.#clock.now() + keepMs,
      bytes,
      cell: none,
      entry: isShort ? undefined : { bytes: ownBytes(entry.bytes), storedAt },
      link: undefined,
      atHand: undefined,
    }
    if (isShort) this.#cells.put(one, entry.bytes)
    one.link = among.push(one)
    this.#held.set(key, one)
    this.#bytes += bytes
    return true
  }

  /** For so many bytes, and for so many more in cells. */
  #makeRoom(bytes: number, inCells: number | undefined): boolean {
    const cells = this.#cells
    if (bytes + (inCells === undefined ? 0 : cells.least(inCells)) > this.#bytesMax) return false
    for (;;) {
      const more = inCells === undefined ? 0 : cells.growth(inCells)
      if (this.#bytes + cells.bytes + bytes + more <= this.#bytesMax) return true
      if (cells.compact()) continue
      if (this.#loose.first) this.#remove(this.#loose.first)
      else if (!this.#removeExpired()) return false
    }
  }

  /** Of those that are pinned: whether there were any. */
  #removeExpired(): boolean {
    const now = this.#clock.now()
    const { length } = this.#pinned
    for (const one of this.#pinned) if (one.expiresAt <= now) this.#remove(one)
    return this.#pinned.length < length
  }

  #remove(one: Held): void {
    this.#held.delete(one.key)
    this.#unlink(one)
  }

  #unlink(one: Held): void {
    if (one.link) one.link.chain?.remove(one.link)
    if (one.cell !== none) this.#cells.free(one)
    this.#atHand.letGo(one)
    one.cell = none
    one.entry = undefined
    this.#bytes -= one.bytes
  }

  #read(one: Held): CacheEntry {
    const entry = { bytes: this.#cells.read(one), storedAt: one.storedAt }
    this.#atHand.keep(one, entry)
    return entry
  }
}

/** Not a piece of Node's pool, which would hold the whole for as long as it is kept. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}
