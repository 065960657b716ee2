import { cellBytes, cellCostBytes, emptySlab, none, type Slab, slabOverheadBytes } from './slab.ts'

/** Who has bytes in cells. */
export interface Lodger {
  readonly length: number
  /** Where they begin. Only cells change it: they move bytes to give a slab back. */
  cell: number
}

/**
 * Bytes of many, in a few large slabs: a Buffer of its own for each is two objects, a piece of the C library's memory and a note of it,
 * which the collector looks after one by one. As on a disk they lie in cells of one size, each of which knows the next, so that a gap fits
 * whatever comes.
 */
export class Cells<T extends Lodger> {
  readonly #slabCells: number
  readonly #slabBytes: number
  /** Of a cell, to the slab that it is in. */
  readonly #shift: number
  readonly #slabs: (Slab<T> | undefined)[] = []
  /** Those with free cells. They are taken from the last one, where some were freed last: these lie side by side. */
  readonly #open: Slab<T>[] = []
  #count = 0
  #free = 0

  /** Of a slab so many, which is a power of two. */
  constructor(slabCells: number) {
    this.#slabCells = slabCells
    this.#shift = Math.log2(slabCells)
    this.#slabBytes = slabCells * cellCostBytes + slabOverheadBytes
  }

  /** That are held, whether something lies in them or not. */
  get bytes(): number {
    return this.#count * this.#slabBytes
  }

  /** That would be held besides if so many more were put. */
  growth(length: number): number {
    return this.#bytesOf(cellsOf(length) - this.#free)
  }

  /** That would be held if so many were put and nothing else were there. */
  least(length: number): number {
    return this.#bytesOf(cellsOf(length))
  }

  put(owner: T, bytes: Buffer): void {
    const first = this.#take(owner)
    let cell = first
    let run = first
    let from = 0
    // Cells that lie side by side are written at once.
    for (let at = cellBytes; at < bytes.length; at += cellBytes) {
      const next = this.#take(owner)
      const slab = this.#slabOf(cell)
      slab.next[cell - slab.first] = next
      if (next !== cell + 1 || this.#slabOf(next) !== slab) {
        bytes.copy(slab.bytes, offsetIn(slab, run), from, at)
        run = next
        from = at
      }
      cell = next
    }
    const slab = this.#slabOf(cell)
    slab.next[cell - slab.first] = none
    bytes.copy(slab.bytes, offsetIn(slab, run), from)
    owner.cell = first
  }

  /** A copy of its own. */
  read({ cell: first, length }: T): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length)
    let cell = first
    for (let at = 0; at < length; at += cellBytes) {
      const slab = this.#slabOf(cell)
      const offset = offsetIn(slab, cell)
      slab.bytes.copy(bytes, at, offset, offset + cellBytes)
      cell = slab.next[cell - slab.first] ?? none
    }
    return bytes
  }

  free({ cell: first }: T): void {
    for (let cell = first; cell !== none; ) cell = this.#freeRun(cell)
  }

  /** Gives a slab back if as many cells are free as it has: what lies in it moves into others. */
  compact(): boolean {
    if (this.#free < this.#slabCells) return false
    let emptiest: Slab<T> | undefined
    for (const slab of this.#slabs)
      if (slab && slab.used < (emptiest?.used ?? Number.POSITIVE_INFINITY)) emptiest = slab
    if (!emptiest) return false
    this.#close(emptiest)
    for (const owner of new Set(emptiest.owners)) {
      if (!owner) continue
      const bytes = this.read(owner)
      this.free(owner)
      this.put(owner, bytes)
    }
    this.#forget(emptiest)
    return true
  }

  clear(): void {
    this.#slabs.length = 0
    this.#open.length = 0
    this.#count = 0
    this.#free = 0
  }

  #bytesOf(cells: number): number {
    return Math.ceil(Math.max(0, cells) / this.#slabCells) * this.#slabBytes
  }

  #take(owner: T): number {
    const slab = this.#open[this.#open.length - 1] ?? this.#grow()
    const cell = slab.free
    const at = cell - slab.first
    slab.free = slab.next[at] ?? none
    slab.owners[at] = owner
    slab.used++
    this.#free--
    if (slab.free === none) this.#shut(slab)
    return cell
  }

  /** Cells of one slab that follow each other; says where the next begin. In their order: bytes of the same length find them so again. */
  #freeRun(first: number): number {
    const slab = this.#slabOf(first)
    const { closed } = slab
    if (!closed) this.#toEnd(slab)
    for (let cell = first; ; ) {
      const at = cell - slab.first
      const next = slab.next[at] ?? none
      slab.owners[at] = undefined
      slab.used--
      if (!closed) this.#free++
      if (next !== none && this.#slabOf(next) === slab) {
        cell = next
        continue
      }
      slab.next[at] = slab.free
      slab.free = first
      // Another that is free stays, or what comes and goes alone would take one each time.
      if (!closed && slab.used === 0 && this.#free >= 2 * this.#slabCells) {
        this.#close(slab)
        this.#forget(slab)
      }
      return next
    }
  }

  #grow(): Slab<T> {
    const gap = this.#slabs.indexOf(undefined)
    const place = gap === -1 ? this.#slabs.length : gap
    const slab = emptySlab<T>(place * this.#slabCells, this.#slabCells)
    this.#slabs[place] = slab
    this.#toEnd(slab)
    this.#count++
    this.#free += this.#slabCells
    return slab
  }

  #toEnd(slab: Slab<T>): void {
    if (slab.place === none) slab.place = this.#open.push(slab) - 1
    const last = this.#open.length - 1
    const other = this.#open[last]
    if (!other || other === slab) return
    this.#open[slab.place] = other
    other.place = slab.place
    this.#open[last] = slab
    slab.place = last
  }

  /** The last of those that are open. */
  #shut(slab: Slab<T>): void {
    this.#open.pop()
    slab.place = none
  }

  #close(slab: Slab<T>): void {
    slab.closed = true
    if (slab.place !== none) {
      this.#toEnd(slab)
      this.#shut(slab)
    }
    this.#count--
    this.#free -= this.#slabCells - slab.used
  }

  #forget(slab: Slab<T>): void {
    this.#slabs[slab.first >>> this.#shift] = undefined
  }

  #slabOf(cell: number): Slab<T> {
    const slab = this.#slabs[cell >>> this.#shift]
    if (!slab) throw new Error(`no slab has the cell ${cell}`)
    return slab
  }
}

function offsetIn({ first }: Slab<unknown>, cell: number): number {
  return (cell - first) * cellBytes
}

/** One even of nothing. */
function cellsOf(length: number): number {
  return Math.max(1, Math.ceil(length / cellBytes))
}
