import type { Answer } from '../../kernel/answer.ts'
import type { CallOptions } from '../../kernel/call.ts'

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

/** Of what was refused, bytes, estimated: few clients repeat the same. 1 MB at the five paths' prefixes together. */
const refusedWeightMax = 2 ** 20 / 5

/**
 * What was read in bodies that a cache has answered, by their bytes: they have come before, and to read them again is 5 us a call.
 * Calls share what is in here, so it is frozen. Two generations: when the younger is full, the older is let go. What a bound refuses
 * comes again, too, as its client repeats it; it stands beside them, where it drives none of them out.
 */
export class KnownBodies<Read extends object> {
  #young = new Map<string, Known<Read>>()
  #old = new Map<string, Known<Read>>()
  #weight = 0
  /** Those that came once only have nothing read: to freeze what never comes again would make each refusal dearer. */
  #refused = new Map<string, Read | undefined>()
  #refusedWeight = 0

  /** Of both generations and what was refused; a body that is asked for may be in more than one. */
  get size(): number {
    return this.#young.size + this.#old.size + this.#refused.size
  }

  find(body: Buffer): Read | undefined {
    if (body.length > bodyBytesMax || this.size === 0) return undefined
    // One character a byte, so that no two bodies look alike.
    const text = body.toString('latin1')
    const young = this.#young.get(text)
    if (young) return young.read
    const old = this.#old.get(text)
    if (old) this.#put(text, old)
    return old ? old.read : this.#refused.get(text)
  }

  /**
   * Keeps what the cache has answered; the rest would fill it for nothing, and callers who are refused have their own place. A call with
   * no-store hits nothing, but by its Idempotency-Key. What `find` gave is kept already.
   */
  keep(body: Buffer, read: Read, { cache }: Answer): void {
    if (cache?.outcome !== 'hit' || cache.replayed || body.length > bodyBytesMax || Object.isFrozen(read)) return
    const values = valuesIn(read)
    if (values > valuesMax) return
    freezeAll(read)
    this.#put(body.toString('latin1'), { read, weight: byteWeight * body.length + valueWeight * values })
  }

  /** Of a call that a bound refused. Once it was refused twice its body is not read again. */
  keepRefused(body: Buffer, read: Read, { cache }: CallOptions): void {
    if (cache === 'no-store' || body.length > bodyBytesMax || Object.isFrozen(read)) return
    const text = body.toString('latin1')
    const again = this.#refused.has(text)
    const values = again ? valuesIn(read) : 0
    if (values > valuesMax) return
    const weight = byteWeight * body.length + valueWeight * (1 + values)
    if (this.#refusedWeight + weight > refusedWeightMax) {
      this.#refused = new Map()
      this.#refusedWeight = 0
    }
    if (again) freezeAll(read)
    this.#refused.set(text, again ? read : undefined)
    this.#refusedWeight += weight
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
