import type { StreamEvent } from '../../kernel/answer.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'

/** What a reader reads. */
export interface Source {
  /** The event at this place; undefined behind the last one. Throws what the stream broke off with. */
  at(reader: Reader): StreamEvent | undefined | Promise<StreamEvent | undefined>
  /** It reads no more. */
  left(reader: Reader): void
}

/** What becomes of a reader, told to its Record. */
export interface ReaderEnds {
  firstChunk(): void
  succeed(itemsFailed: number): void
  fail(error: AstraError): void
}

/** One caller's way through a stream that others may read, too, or that was kept; its Record is closed where it ends. */
export class Reader implements AsyncIterableIterator<StreamEvent, void> {
  /** Of the event that is read next. */
  position = 0
  readonly #source: Source
  readonly #ends: ReaderEnds
  #stopped: AstraError | undefined
  #over = false

  constructor(source: Source, ends: ReaderEnds) {
    this.#source = source
    this.#ends = ends
  }

  async next(): Promise<IteratorResult<StreamEvent, void>> {
    if (this.#over) return this.#ended()
    try {
      const event = await this.#source.at(this)
      // It was stopped while it waited.
      if (this.#over) return this.#ended()
      if (event === undefined)
        throw new AstraError('upstream_failed', { reason: 'the stream ended without its last event' })
      this.position++
      if (event.type === 'answer-end') {
        this.#over = true
        this.#ends.succeed(0)
        this.#source.left(this)
      } else this.#ends.firstChunk()
      return { done: false, value: event }
    } catch (thrown) {
      const error = toAstraError(thrown)
      await this.fail(error)
      throw error
    }
  }

  async return(): Promise<IteratorResult<StreamEvent, void>> {
    await this.fail(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
    return end
  }

  /** What it was ended with before its last event. */
  get stopped(): AstraError | undefined {
    return this.#stopped
  }

  /** Ends it, wherever it stands. */
  async fail(error: AstraError): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#stopped = error
    this.#ends.fail(error)
    this.#source.left(this)
  }

  /** Who left wants no error; who was cut off does. */
  #ended(): IteratorReturnResult<void> {
    if (this.#stopped && this.#stopped.code !== 'cancelled') throw this.#stopped
    return end
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

const end: IteratorReturnResult<void> = { done: true, value: undefined }
