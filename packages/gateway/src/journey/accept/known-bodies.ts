/** A longer body is read again: of long ones few come twice. */
const bodyBytesMax = 8 * 1024
/** Of each generation. What was read takes up to some ten times of it. */
const generationBytesMax = 1024 * 1024

/**
 * What was read in bodies that came lately, by their bytes: what a cache answers has come before, and to read it again is 5 us a call.
 * Calls share what is in here, so it is frozen. Two generations: when the younger is full, the older is let go.
 */
export class KnownBodies<Read extends object> {
  #young = new Map<string, Read>()
  #old = new Map<string, Read>()
  #bytes = 0

  find(body: Buffer): Read | undefined {
    if (body.length > bodyBytesMax || this.#young.size + this.#old.size === 0) return undefined
    // One character a byte, so that no two bodies look alike.
    const text = body.toString('latin1')
    const young = this.#young.get(text)
    if (young) return young
    const old = this.#old.get(text)
    if (old) this.#put(text, old)
    return old
  }

  /** What `find` gave is kept already. */
  keep(body: Buffer, read: Read): void {
    if (body.length > bodyBytesMax || Object.isFrozen(read)) return
    this.#put(body.toString('latin1'), freezeAll(read))
  }

  #put(text: string, read: Read): void {
    if (this.#bytes + text.length > generationBytesMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#bytes = 0
    }
    this.#young.set(text, read)
    this.#bytes += text.length
  }
}

/** Parsed JSON, which is no deeper than its reader allowed. */
function freezeAll<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) freezeAll(member)
  return Object.freeze(value)
}
