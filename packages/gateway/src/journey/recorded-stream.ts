import type { StreamEvent } from '../kernel/answer.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import { type Readable, type Taker, toResult } from '../kernel/readable.ts'
import type { DispatchedStream } from './dispatch/dispatch.ts'
import type { OpenRecord } from './record/open-record.ts'

/**
 * A stream on its way out, whose Record is closed by its end, its error, or its reader's leaving. No generator: one that nobody
 * ever reads would run nothing when it is left.
 */
export class RecordedStream implements AsyncIterableIterator<StreamEvent, void>, Readable<StreamEvent> {
  readonly #begun: DispatchedStream
  readonly #release: () => void
  readonly #record: OpenRecord
  /** Between what was begun and who reads. */
  readonly #passing: Taker<StreamEvent, unknown>
  #reader: Taker<StreamEvent, unknown> = toResult
  #first: StreamEvent | undefined
  #over = false
  /** What who reads on too late is told. */
  #late: AstraError | undefined

  constructor(begun: DispatchedStream, release: () => void, record: OpenRecord) {
    this.#begun = begun
    this.#release = release
    this.#record = record
    this.#first = begun.first
    this.#passing = {
      take: (event) => this.#pass(event),
      end: () => this.#reader.end(),
      fail: (thrown) => this.#breakOff(thrown),
    }
    // Its reader may never come back: it would hold its place, and its Record, until its connection is given up.
    begun.onLate(({ facts }) => {
      if (this.#over) return
      this.#late = new AstraError('timeout', { ...facts, reason: 'its reader had not read on' })
      void this.fail(this.#late)
    })
  }

  async read<R>(reader: Taker<StreamEvent, R>): Promise<R> {
    this.#reader = reader
    const first = this.#first
    this.#first = undefined
    if (this.#over) return this.#late ? reader.fail(this.#late) : reader.end()
    const taken = first && this.#passFirst(first)
    return (taken === undefined ? this.#begun.read(this.#passing) : taken) as R | Promise<R>
  }

  next(): Promise<IteratorResult<StreamEvent, void>> {
    return this.read<IteratorResult<StreamEvent, void>>(toResult)
  }

  async leave(): Promise<void> {
    await this.fail(new AstraError('cancelled', { reason: 'the caller left in mid-stream' }))
  }

  async return(): Promise<IteratorResult<StreamEvent, void>> {
    await this.leave()
    return { done: true, value: undefined }
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

  #passFirst(event: StreamEvent): unknown {
    try {
      return this.#pass(event)
    } catch (thrown) {
      void this.#begun.leave(toAstraError(thrown))
      return this.#breakOff(thrown)
    }
  }

  #pass(event: StreamEvent): unknown {
    // The stream was left while it was waited for.
    if (this.#over) return this.#reader.end()
    if (event.type === 'answer-end') {
      this.#finish()
      this.#record.succeed(0)
    } else this.#record.firstChunk()
    return this.#reader.take(event)
  }

  #breakOff(thrown: unknown): unknown {
    const error = toAstraError(thrown)
    // What a stream that was left ended with has been told already.
    if (!this.#over) {
      this.#finish()
      this.#record.fail(error)
    }
    return this.#reader.fail(error)
  }

  #finish(): void {
    this.#over = true
    this.#begun.close()
    this.#release()
  }
}
