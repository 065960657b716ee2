import type { StreamEvent } from '../kernel/answer.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import type { DispatchedStream } from './dispatch/dispatch.ts'
import type { OpenRecord } from './record/open-record.ts'

/**
 * A stream on its way out, whose Record is closed by its end, its error, or its reader's leaving. No generator: one that nobody
 * ever reads would run nothing when it is left, and each chunk would take several more turns.
 */
export class RecordedStream implements AsyncIterableIterator<StreamEvent, void> {
  readonly #begun: DispatchedStream
  readonly #release: () => void
  readonly #record: OpenRecord
  #begins = true
  #over = false

  constructor(begun: DispatchedStream, release: () => void, record: OpenRecord) {
    this.#begun = begun
    this.#release = release
    this.#record = record
  }

  async next(): Promise<IteratorResult<StreamEvent, void>> {
    if (this.#over) return end
    try {
      const { done, value } = this.#begins ? { value: this.#begun.first } : await this.#begun.next()
      this.#begins = false
      // The stream was left while it was waited for.
      if (this.#over || done || !value) return end
      if (value.type === 'answer-end') {
        this.#finish()
        this.#record.succeed(0)
      } else this.#record.firstChunk()
      return { done: false, value }
    } catch (thrown) {
      const error = toAstraError(thrown)
      // What a stream that was left ended with has been told already.
      if (!this.#over) {
        this.#finish()
        this.#record.fail(error)
      }
      throw error
    }
  }

  async return(): Promise<IteratorResult<StreamEvent, void>> {
    await this.fail(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
    return end
  }

  async fail(error: AstraError): Promise<void> {
    if (this.#over) return
    this.#over = true
    await this.#begun.leave(error)
    this.#finish()
    this.#record.fail(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #finish(): void {
    this.#over = true
    this.#begun.close()
    this.#release()
  }
}

const end: IteratorReturnResult<void> = { done: true, value: undefined }
