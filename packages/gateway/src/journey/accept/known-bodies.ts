import type { Answer } from '../../kernel/answer.ts'

/** A longer body is read again: of long ones few come twice. */
const bodyBytesMax = 8 * 1024

/** Of more, those in lists with it, freezing takes longer than reading. */
const valuesMax = 256

/** Of each generation, bytes, estimated. Two generations at each of the five paths' prefixes are 20 MB in all. */
const generationWeightMax = 2 * 2 ** 20

/**
 * Of any value in a body, bytes: measured for what makes most of a body, objects that are empty and keys that are all different. Of
 * each byte: one in the body itself and two in the text of its strings.
 */
const valueWeight = 96
const byteWeight = 3

/**
 * What was read in bodies that a cache has answered, by their bytes: they have come before, and to read them again is 5 us a call.
 * Calls share what is in here, so it is frozen. Two generations: when the younger is full, the older is let go.
 */
export class KnownBodies<Read extends object> {
  #young = new Map<string, Known<Read>>()
  #old = new Map<string, Known<Read>>()
  #weight = 0

  /** Of both generations; a body that is asked for may be in both. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  find(body: Buffer): Read | undefined {
    if (body.length > bodyBytesMax || this.size === 0) return undefined
    // One character a byte, so that no two bodies look alike.
    const text = body.toString('latin1')
    const young = this.#young.get(text)
    if (young) return young.read
    const old = this.#old.get(text)
    if (old) this.#put(text, old)
    return old?.read
  }

  /**
   * Keeps what the cache has answered; the rest would fill it for nothing, and callers who are refused fill nothing. A call with
   * no-store hits nothing, but by its Idempotency-Key. What `find` gave is kept already.
   */
  keep(body: Buffer, read: Read, { cache }: Answer): void {
    if (cache?.outcome !== 'hit' || cache.replayed || body.length > bodyBytesMax || Object.isFrozen(read)) return
    const values = valuesIn(read)
    if (values > valuesMax) return
    freezeAll(read)
    this.#put(body.toString('latin1'), { read, weight: byteWeight * body.length + valueWeight * values })
  }

  #put(text: string, known: Known<Read>): void {
    if (this.#weight + known.weight > generationWeightMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#weight = 0
    }
    this.#young.set(text, known)
    this.#weight += known.weight
  }
}

interface Known<Read> {
  readonly read: Read
  readonly weight: number
}

/** Of parsed JSON, which is no deeper than its reader allowed. */
function valuesIn(value: object): number {
  const members = Object.values(value)
  let values = members.length
  for (const member of members) if (typeof member === 'object' && member !== null) values += valuesIn(member)
  return values
}

function freezeAll(value: object): void {
  Object.freeze(value)
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) freezeAll(member)
}
