import type { StreamAnswer, StreamEvent } from '../../kernel/answer.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import { bodyOf, bytesOf } from './event-bytes.ts'
import type { KeptAnswer } from './kept-answer.ts'

export interface StreamEnds {
  complete(kept: KeptAnswer): void
  failed(error: AstraError): void
}

/** A stream on its way out, of which a copy is made up to a bound; one of these is called, once. */
export class NotedStream implements AsyncIterableIterator<StreamEvent, void> {
  readonly #from: AsyncIterator<StreamEvent, unknown>
  readonly #version: string
  readonly #bytesMax: number
  readonly #ends: StreamEnds
  #events: StreamEvent[] | undefined = []
  #bytes = 0
  #over = false

  constructor({ events, version }: StreamAnswer, bytesMax: number, ends: StreamEnds) {
    this.#from = events[Symbol.asyncIterator]()
    this.#version = version
    this.#bytesMax = bytesMax
    this.#ends = ends
  }

  async next(): Promise<IteratorResult<StreamEvent, void>> {
    try {
      const { done, value } = await this.#from.next()
      if (done) {
        this.left()
        return { done, value: undefined }
      }
      this.#take(value)
      return { done: false, value }
    } catch (thrown) {
      this.fail(toAstraError(thrown))
      throw thrown
    }
  }

  async return(): Promise<IteratorResult<StreamEvent, void>> {
    this.left()
    await this.#from.return?.()
    return { done: true, value: undefined }
  }

  /** Nobody reads it to its end. */
  left(): void {
    this.fail(new AstraError('cancelled'))
  }

  /** It is not told to its end. */
  fail(error: AstraError): void {
    this.#end(() => this.#ends.failed(error))
  }

  #take(event: StreamEvent): void {
    this.#bytes += bytesOf(event)
    if (this.#bytes > this.#bytesMax) this.#events = undefined
    this.#events?.push(event)
    if (event.type !== 'answer-end') return
    const { usage } = event
    const events = this.#events
    if (events) this.#end(() => this.#ends.complete({ version: this.#version, usage, body: bodyOf(events) }))
    else this.left()
  }

  #end(tell: () => void): void {
    if (this.#over) return
    this.#over = true
    this.#events = undefined
    tell()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
