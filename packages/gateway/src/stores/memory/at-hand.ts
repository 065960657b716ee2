import type { CacheEntry } from '../../kernel/cache.ts'
import { Chain, type Link } from '../../kernel/chain.ts'

/** More would be more Buffers that the collector looks after one by one. */
const entriesMax = 4096
/** What one takes besides its bytes: a Buffer, which is two objects and a note of the C library's, an entry, a link. */
const overheadBytes = 400

export interface Given {
  readonly length: number
  /** As it was last given. */
  entry: CacheEntry | undefined
  atHand: Link<Given> | undefined
}

/** Entries that stay as they were last given, within some bytes: who asks again knows the Buffer, and need not read it, which is 4 us a hit. */
export class AtHand {
  readonly #bytesMax: number
  /** Those given first come first. */
  #given = new Chain<Given>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  keep(one: Given, entry: CacheEntry): void {
    const bytes = one.length + overheadBytes
    const most = this.#bytesMax - bytes
    if (most < 0) return
    for (let first = this.#given.first; first; first = this.#given.first) {
      if (this.#bytes <= most && this.#given.length < entriesMax) break
      this.letGo(first)
    }
    one.entry = entry
    one.atHand = this.#given.push(one)
    this.#bytes += bytes
  }

  letGo(one: Given): void {
    if (!one.atHand?.chain) return
    this.#given.remove(one.atHand)
    this.#bytes -= one.length + overheadBytes
    one.atHand = undefined
    one.entry = undefined
  }

  clear(): void {
    this.#given = new Chain()
    this.#bytes = 0
  }
}
