import type { RelayEvent } from '../../kernel/backend.ts'

const eventsMax = 64
const bytesMax = 64 * 1024

/**
 * What upstream sends before its answer begins is held back, so that another attempt may still take its place, and goes out in front
 * of the first content. Past its bounds it counts as content.
 */
export class Preamble {
  #held: Buffer[] = []
  #bytes = 0
  #over = false

  /** What goes out now; undefined while it is held back. */
  pass({ bytes, content }: Extract<RelayEvent, { type: 'relayed' }>): Buffer | undefined {
    if (this.#over) return bytes
    this.#held.push(bytes)
    this.#bytes += bytes.length
    const hold = !content && this.#held.length <= eventsMax && this.#bytes <= bytesMax
    return hold ? undefined : this.rest()
  }

  /** What is still held when the stream ends: an empty answer is an answer. */
  rest(): Buffer | undefined {
    const held = this.#held
    this.#over = true
    this.#held = []
    return held.length > 1 ? Buffer.concat(held) : held[0]
  }
}
