import type { StreamEvent } from '../kernel/answer.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import type { Taker } from '../kernel/readable.ts'
import type { DispatchedStream } from './dispatch/dispatch.ts'
import type { OpenRecord } from './record/open-record.ts'

/**
 * A stream on its way out, whose Record is closed by its end, its error, or its reader's leaving. No generator: one that nobody
 * ever reads would run nothing when it is left.
 */
export class RecordedStream implements AsyncIterableIterator<StreamEvent, void> {
  readonly #begun: DispatchedStream
  readonly #release: () => void
  readonly #record: OpenRecord
  readonly #taker: Taker<StreamEvent, IteratorResult<StreamEvent, void>>
  #first: StreamEvent | undefined
  #over = false

  constructor(begun: DispatchedStream, release: () => void, record: OpenRecord) {
    this.#begun = begun
    this.#release = release
    this.#record = record
    this.#first = begun.first
    this.#taker = {
      take: (value) => this.#pass(value),
      end: () => end,
      fail: (thrown) => this.#breakOff(thrown),
    }
  }

  next(): Promise<IteratorResult<StreamEvent, void>> {
    const first = this.#first
    this.#first = undefined
    if (this.#over) return Promise.resolve(end)
    return first ? Promise.resolve(this.#pass(first)) : this.#begun.read(this.#taker)
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

  #pass(value: StreamEvent): IteratorResult<StreamEvent, void> {
    // The stream was left while it was waited for.
    if (this.#over) return end
    if (value.type === 'answer-end') {
      this.#finish()
      this.#record.succeed(0)
    } else this.#record.firstChunk()
    return { done: false, value }
  }

  #breakOff(thrown: unknown): never {
    const error = toAstraError(thrown)
    // What a stream that was left ended with has been told already.
    if (!this.#over) {
      this.#finish()
      this.#record.fail(error)
    }
    throw error
  }

  #finish(): void {
    this.#over = true
    this.#begun.close()
    this.#release()
  }
}

const end: IteratorReturnResult<void> = { done: true, value: undefined }
