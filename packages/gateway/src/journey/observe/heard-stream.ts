import type { StreamEvent } from '../../kernel/answer.ts'
import type { Said } from '../../kernel/observation.ts'
import { type Readable, readableOf, type Taker, toResult } from '../../kernel/readable.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { wordsOfChunk } from '../dispatch/usage/text-sample.ts'
import { saidBytesMax } from './said.ts'

/** Tasks whose chunks carry words: where none came, the answer was empty. What other chunks hold is not known as text. */
const worded: ReadonlySet<TaskName> = new Set(['chat', 'completion'])

/**
 * A stream on its way out, of which the words are kept up to a bound: those that its chunks carry, or that upstream's own events told, its
 * reasoning and the arguments of its tool calls among them. Tells what it said when it has ended well, undefined when it has not, once.
 */
export class HeardStream implements AsyncIterableIterator<StreamEvent, void>, Readable<StreamEvent> {
  readonly #from: Readable<StreamEvent>
  readonly #passing: Taker<StreamEvent, unknown>
  readonly #task: TaskName | undefined
  #tell: ((said: Said | undefined) => void) | undefined
  #reader: Taker<StreamEvent, unknown> = toResult
  #text = ''
  #tooLarge = false

  constructor(events: AsyncIterable<StreamEvent>, task: TaskName | undefined, tell: (said: Said | undefined) => void) {
    this.#task = task
    this.#from = readableOf(events)
    this.#tell = tell
    this.#passing = {
      take: (event) => {
        this.#hear(event)
        return this.#reader.take(event)
      },
      end: () => {
        this.#ended(undefined)
        return this.#reader.end()
      },
      fail: (thrown) => {
        this.#ended(undefined)
        return this.#reader.fail(thrown)
      },
    }
  }

  read<R>(reader: Taker<StreamEvent, R>): Promise<R> {
    this.#reader = reader
    return this.#from.read(this.#passing) as Promise<R>
  }

  async leave(): Promise<void> {
    this.#ended(undefined)
    await this.#from.leave()
  }

  next(): Promise<IteratorResult<StreamEvent, void>> {
    return this.read<IteratorResult<StreamEvent, void>>(toResult)
  }

  async return(): Promise<IteratorResult<StreamEvent, void>> {
    await this.leave()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #hear(event: StreamEvent): void {
    if (event.type === 'answer-end') this.#ended(this.#said())
    else if (!this.#tooLarge) this.#add(event.type === 'chunk' ? wordsOfChunk(event.chunk) : (event.text ?? ''))
  }

  #add(words: string): void {
    if (this.#text.length + words.length <= saidBytesMax) this.#text += words
    else {
      this.#tooLarge = true
      this.#text = ''
    }
  }

  #said(): Said {
    if (this.#tooLarge) return { form: 'none', why: 'too-large' }
    const isText = this.#text !== '' || (this.#task !== undefined && worded.has(this.#task))
    return isText ? { form: 'text', text: this.#text } : { form: 'none', why: 'form' }
  }

  #ended(said: Said | undefined): void {
    const tell = this.#tell
    this.#tell = undefined
    tell?.(said)
  }
}
