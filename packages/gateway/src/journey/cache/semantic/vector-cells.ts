import { cellBytes, cellNumbers, type Product, type VectorMemory, vectorProduct } from './vector-product.ts'

/** Of a vector. */
export const dimensionsMax = 16_384

const pageBytes = 65_536
/** The first page holds the vector that is asked for, which has no cells: so no cell begins at 0. */
const firstCell = pageBytes
const none = 0
const pagesAtOnce = 16

/**
 * The numbers of many vectors in one memory, where one instruction multiplies four of them. As on a disk they lie in cells of one size, each
 * of which knows the next, so that a gap fits whatever comes, and memory never exceeds what once lay in it, but for a MiB. It is not given back.
 */
export class VectorCells {
  readonly #memory: VectorMemory
  readonly #product: Product
  #numbers = new Float32Array(0)
  #links = new Int32Array(0)
  #free = none
  /** Cells from here on were never used. */
  #fresh = firstCell

  constructor() {
    const { memory, product } = vectorProduct(firstCell / pageBytes)
    this.#memory = memory
    this.#product = product
    this.#look()
  }

  static bytesOf(dimensions: number): number {
    return Math.ceil(dimensions / cellNumbers) * cellBytes
  }

  /** Where it begins. Of one number at least, and of `dimensionsMax` at most. */
  put(vector: Float32Array): number {
    const first = this.#take()
    for (let cell = first, at = 0; ; ) {
      const numbers = vector.subarray(at, at + cellNumbers)
      this.#numbers.set(numbers, cell / 4)
      // Whatever is asked for is then multiplied by nothing.
      this.#numbers.fill(0, cell / 4 + numbers.length, cell / 4 + cellNumbers)
      at += cellNumbers
      const next = at < vector.length ? this.#take() : none
      this.#links[linkOf(cell)] = next
      if (next === none) return first
      cell = next
    }
  }

  free(first: number): void {
    let last = first
    for (let next = this.#next(last); next !== none; next = this.#next(last)) last = next
    this.#links[linkOf(last)] = this.#free
    this.#free = first
  }

  /** With this one all are multiplied from now on. */
  ask(vector: Float32Array): void {
    this.#numbers.set(vector, 0)
  }

  /** Of the vector that begins here with the one that was asked for last, which has as many numbers. */
  product(first: number): number {
    return this.#product(first, 0)
  }

  #take(): number {
    const free = this.#free
    if (free !== none) {
      this.#free = this.#next(free)
      return free
    }
    if (this.#fresh + cellBytes > this.#memory.buffer.byteLength) {
      this.#memory.grow(pagesAtOnce)
      this.#look()
    }
    const fresh = this.#fresh
    this.#fresh += cellBytes
    return fresh
  }

  #next(cell: number): number {
    return this.#links[linkOf(cell)] ?? none
  }

  #look(): void {
    this.#numbers = new Float32Array(this.#memory.buffer)
    this.#links = new Int32Array(this.#memory.buffer)
  }
}

function linkOf(cell: number): number {
  return cell / 4 + cellNumbers
}
