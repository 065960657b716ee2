const firstSize = 4096
const empty = Buffer.alloc(0)

/**
 * Chunks from outside as one Buffer. Their number is the sender's choice, and a Buffer object takes some hundred bytes however short it
 * is: kept one by one, chunks of one byte cost a hundred times what they hold. So they are copied into one Buffer that doubles.
 */
export class GatheredBytes {
  readonly #bytesMax: number
  #buffer: Buffer = empty
  #length = 0

  /** Its sender is held to `bytesMax` elsewhere; no more is set aside for bytes to come. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    // Most come in one chunk, which needs no copy.
    if (this.#length === 0) this.#buffer = chunk
    else this.#append(chunk)
    this.#length += chunk.length
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#buffer.length) {
      const size = Math.max(length, Math.min(Math.max(firstSize, length * 2), this.#bytesMax))
      const larger = Buffer.allocUnsafe(size)
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    chunk.copy(this.#buffer, this.#length)
  }

  /** All of them; what is pushed afterwards is gathered anew. */
  take(): Buffer {
    const whole = this.#length === this.#buffer.length
    const bytes = whole ? this.#buffer : this.#buffer.subarray(0, this.#length)
    this.#buffer = empty
    this.#length = 0
    return bytes
  }
}
