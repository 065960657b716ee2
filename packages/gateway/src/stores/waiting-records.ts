import type { CallRecord } from '../kernel/record.ts'

/** How a Record waits: as one text. `read` gives back what `write` was given. */
export interface RecordText {
  write(record: CallRecord): string
  read(text: string): CallRecord
}

/**
 * The Records that are not durable yet, in the order in which they were put. Whoever looks here first and then into the store misses
 * none.
 *
 * As texts: a Record is some twenty objects, and a collection of the young generation copied those of all calls since the one before,
 * 7 ms each time. Calls that are looked for are few, so the index grows when one looks, by what came since the look before.
 */
export class WaitingRecords {
  readonly #text: RecordText
  readonly #texts: string[] = []
  /** The first of them, as far as somebody looked. */
  readonly #read: CallRecord[] = []
  readonly #byId = new Map<string, CallRecord>()
  /** Of those that came with one reference the latest, which need not have ended last. */
  readonly #byReference = new Map<string, CallRecord>()

  constructor(text: RecordText) {
    this.#text = text
  }

  put(record: CallRecord): void {
    this.#texts.push(this.#text.write(record))
  }

  get waiting(): number {
    return this.#texts.length
  }

  /** The first that wait. */
  next(most: number): readonly string[] {
    return this.#texts.slice(0, most)
  }

  /** The first `count` that wait are durable now. */
  written(count: number): void {
    for (const record of this.#read.splice(0, count)) this.#forget(record)
    this.#texts.splice(0, count)
  }

  byId(id: string): CallRecord | undefined {
    this.#index()
    return this.#byId.get(id)
  }

  byReference(consumer: string, reference: string): CallRecord | undefined {
    this.#index()
    return this.#byReference.get(referenceKey(consumer, reference))
  }

  #index(): void {
    for (const text of this.#texts.slice(this.#read.length)) {
      const record = this.#text.read(text)
      this.#read.push(record)
      this.#byId.set(record.id, record)
      if (record.reference === undefined) continue
      const key = referenceKey(record.consumer, record.reference)
      const other = this.#byReference.get(key)
      if (!other || other.time <= record.time) this.#byReference.set(key, record)
    }
  }

  #forget({ id, consumer, reference }: CallRecord): void {
    this.#byId.delete(id)
    if (reference === undefined) return
    const key = referenceKey(consumer, reference)
    // A later call may have taken it.
    if (this.#byReference.get(key)?.id === id) this.#byReference.delete(key)
  }
}

function referenceKey(consumer: string, reference: string): string {
  return `${consumer}\0${reference}`
}
