import { isPurgedBy } from '../../../kernel/cache.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { dimensionsMax, VectorCells } from './vector-cells.ts'

export interface VectorIndexOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Of one family: every look-up compares with all of them. */
  readonly entriesMax?: number
  readonly familyBytesMax?: number
  /** Of all families together. */
  readonly bytesMax?: number
}

/** A text that was answered. */
export interface Neighbour {
  /** What its answer is kept under. */
  readonly key: string
  /** Cosine similarity, at most 1. */
  readonly similarity: number
}

interface Held {
  readonly key: string
  readonly family: string
  readonly dimensions: number
  /** Where its numbers begin. */
  readonly cell: number
  readonly bytes: number
  expiresAt: number
}

interface Family {
  /** By key, the oldest first. */
  readonly entries: Map<string, Held>
  bytes: number
}

/** What an entry takes besides its numbers: two objects, two keys, a place in two Maps, of a family of one the third. */
const overheadBytes = 600

/**
 * The vectors of texts that were answered, by what else their calls asked (the family): one family never sees another's. Where room is
 * needed those families go that were not asked for longest, and of one family its oldest texts. Every vector has the length 1.
 */
export class VectorIndex {
  readonly #clock: Pick<Clock, 'now'>
  readonly #entriesMax: number
  readonly #familyBytesMax: number
  readonly #bytesMax: number
  /** In the order in which they were last asked for. */
  readonly #families = new Map<string, Family>()
  readonly #byKey = new Map<string, Held>()
  #bytes = 0
  /** Most gateways have none. */
  #cells: VectorCells | undefined

  constructor({ clock, entriesMax = 1000, familyBytesMax = 4 * 2 ** 20, bytesMax = 64 * 2 ** 20 }: VectorIndexOptions) {
    this.#clock = clock
    this.#entriesMax = entriesMax
    this.#familyBytesMax = familyBytesMax
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#byKey.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Of those whose answer has not expired; of equally near ones the oldest. */
  nearest(family: string, vector: Float32Array): Neighbour | undefined {
    const known = this.#families.get(family)
    const cells = this.#cells
    if (!known || !cells || vector.length > dimensionsMax) return undefined
    this.#families.delete(family)
    this.#families.set(family, known)
    const now = this.#clock.now()
    cells.ask(vector)
    let nearest: Held | undefined
    let similarity = Number.NEGATIVE_INFINITY
    for (const held of known.entries.values()) {
      if (held.expiresAt <= now) this.remove(held.key)
      else if (held.dimensions === vector.length) {
        const product = cells.product(held.cell)
        if (product > similarity) {
          nearest = held
          similarity = product
        }
      }
    }
    return nearest && { key: nearest.key, similarity: Math.min(1, similarity) }
  }

  add(name: string, key: string, vector: Float32Array, expiresAt: number): void {
    this.remove(key)
    const dimensions = vector.length
    const bytes = VectorCells.bytesOf(dimensions) + overheadBytes
    if (dimensions > dimensionsMax || bytes > this.#familyBytesMax || bytes > this.#bytesMax) return
    this.#cells ??= new VectorCells()
    const held = { key, family: name, dimensions, cell: this.#cells.put(vector), bytes, expiresAt }
    const family = this.#families.get(name) ?? { entries: new Map(), bytes: 0 }
    this.#families.delete(name)
    this.#families.set(name, family)
    family.entries.set(key, held)
    family.bytes += bytes
    this.#byKey.set(key, held)
    this.#bytes += bytes
    for (const oldest of family.entries.keys()) {
      if (family.entries.size <= this.#entriesMax && family.bytes <= this.#familyBytesMax) break
      this.remove(oldest)
    }
    while (this.#bytes > this.#bytesMax) this.#dropOldest()
  }

  /** Its answer was given anew: whether it is known. */
  renew(key: string, expiresAt: number): boolean {
    const held = this.#byKey.get(key)
    if (held) held.expiresAt = expiresAt
    return held !== undefined
  }

  remove(key: string): void {
    const held = this.#byKey.get(key)
    const family = held && this.#families.get(held.family)
    if (!family) return
    this.#byKey.delete(key)
    family.entries.delete(key)
    this.#cells?.free(held.cell)
    family.bytes -= held.bytes
    this.#bytes -= held.bytes
    if (family.entries.size === 0) this.#families.delete(held.family)
  }

  /** As `CacheStore.purge`. */
  purge(prefix: string): void {
    for (const key of this.#byKey.keys()) if (isPurgedBy(key, prefix)) this.remove(key)
  }

  #dropOldest(): void {
    for (const { entries } of this.#families.values()) {
      for (const key of entries.keys()) this.remove(key)
      return
    }
  }
}
