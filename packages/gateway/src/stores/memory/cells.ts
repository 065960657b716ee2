/** Short enough that what the last cell leaves empty is little beside an entry's other cost; bytes. */
const cellBytes = 128
const blockCells = 2048
const none = -1

/**
 * Bytes of many, in a few large blocks: a Buffer of its own for each is two objects, a piece of the C library's memory and a note of it,
 * which the collector looks after one by one. As on a disk they lie in cells of one size, each of which knows the next, so that a gap fits
 * whatever comes. All blocks but one are given back when nothing is left in them.
 */
export class Cells {
  readonly #blocks: Buffer[] = []
  /** By cell: the next of the same bytes, or the next free one. */
  #next = new Int32Array(0)
  #free = none
  /** Cells from here on were never used. */
  #fresh = 0
  #used = 0

  /** Where they begin. */
  put(bytes: Buffer): number {
    const first = this.#take()
    let cell = first
    let run = first
    let from = 0
    // Cells that lie side by side are written at once.
    for (let at = cellBytes; at < bytes.length; at += cellBytes) {
      const next = this.#take()
      this.#next[cell] = next
      if (next !== cell + 1 || next % blockCells === 0) {
        bytes.copy(this.#block(run), offsetOf(run), from, at)
        run = next
        from = at
      }
      cell = next
    }
    this.#next[cell] = none
    bytes.copy(this.#block(run), offsetOf(run), from)
    return first
  }

  /** A copy of its own. */
  read(first: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length)
    let cell = first
    for (let at = 0; at < length; at += cellBytes) {
      const offset = offsetOf(cell)
      this.#block(cell).copy(bytes, at, offset, offset + cellBytes)
      cell = this.#next[cell] ?? none
    }
    return bytes
  }

  free(first: number): void {
    let last = first
    for (;;) {
      this.#used--
      const next = this.#next[last] ?? none
      if (next === none) break
      last = next
    }
    // In their order: bytes of the same length find them side by side again.
    this.#next[last] = this.#free
    this.#free = first
    if (this.#used === 0) this.clear()
  }

  clear(): void {
    // One that comes and goes alone shall not take a block each time.
    if (this.#blocks.length > 1) {
      this.#blocks.length = 1
      this.#next = new Int32Array(blockCells)
    }
    this.#free = none
    this.#fresh = 0
    this.#used = 0
  }

  #take(): number {
    this.#used++
    const free = this.#free
    if (free !== none) {
      this.#free = this.#next[free] ?? none
      return free
    }
    if (this.#fresh === this.#blocks.length * blockCells) this.#grow()
    return this.#fresh++
  }

  #grow(): void {
    this.#blocks.push(Buffer.allocUnsafeSlow(blockCells * cellBytes))
    const cells = this.#blocks.length * blockCells
    if (cells <= this.#next.length) return
    const next = new Int32Array(2 * cells)
    next.set(this.#next)
    this.#next = next
  }

  #block(cell: number): Buffer {
    return this.#blocks[Math.floor(cell / blockCells)] ?? nowhere
  }
}

const nowhere = Buffer.alloc(0)

function offsetOf(cell: number): number {
  return (cell % blockCells) * cellBytes
}
