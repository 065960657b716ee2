import type { DialectCodec, EventFacts, StreamReader } from '../../dialects/dialect.ts'
import type { TokenUsage } from '../../kernel/answer.ts'
import type { AttemptContext, BackendEvent, Finished, RelayEvent, StillThere } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Readable, type Taker, toResult } from '../../kernel/readable.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { type EventBlock, EventSplitter } from '../http/sse.ts'
import { scrub } from '../secrets/scrub.ts'
import { type Asking, askStream, type OpenStream, type Question } from './ask.ts'
import { wishOf } from './wish.ts'

/** One stream, ready to be asked for. */
interface Opening<Event> {
  readonly asking: Asking
  readonly question: Question
  readonly reader: StreamReader
  tell(facts: EventFacts, bytes: Buffer): readonly Event[]
  /** What upstream left out at the end. */
  owed(words: string): readonly Event[]
}

/** The chunks of an answer in canonical form. */
export function openChunks(
  asking: Asking,
  codec: DialectCodec,
  input: unknown,
  context: AttemptContext,
): Opening<BackendEvent> {
  context.signal.throwIfAborted()
  const body = JSON.stringify(codec.ask.writeRequest([input], wishOf(asking, true, context)))
  return {
    asking,
    question: { codec, body, context },
    reader: readerOf(codec, false),
    tell: (facts) => facts.chunks().map((chunk) => ({ type: 'chunk', chunk })),
    owed: () => [],
  }
}

/** Upstream's own bytes, event by event. */
export function openRelay(
  asking: Asking,
  codec: DialectCodec,
  request: WireRequest,
  context: AttemptContext,
): Opening<RelayEvent> {
  context.signal.throwIfAborted()
  const { bytes: body, hidesUsage } = codec.ask.forward(request, wishOf(asking, true, context))
  const reader = readerOf(codec, hidesUsage)
  let content = false
  return {
    asking,
    question: { codec, body, context },
    reader,
    tell({ kind, text }, bytes) {
      content ||= kind !== 'preamble'
      if (kind === 'end' && reader.finish) return [{ type: 'relayed', bytes, content, text, finish: reader.finish }]
      return [{ type: 'relayed', bytes, content, text }]
    },
    owed: (words) => [
      {
        type: 'relayed',
        bytes: Buffer.from(words),
        content: true,
        text: '',
        ...(reader.finish ? { finish: reader.finish } : {}),
      },
    ],
  }
}

function readerOf({ ask, name }: DialectCodec, hidesUsage: boolean): StreamReader {
  if (ask.readStream) return ask.readStream({ hidesUsage })
  throw new AstraError('unsupported', { detail: 'This cannot be streamed', reason: `${name} has no streams` })
}

/** What any stream may tell beside its answer. */
type Aside = { readonly type: 'usage'; readonly usage: TokenUsage } | Finished | StillThere

const stillThere: StillThere = { type: 'still-there' }
const finished: Finished = { type: 'finished' }

/**
 * The events of one upstream stream. Usage is told whenever upstream tells it, so that a stream that is cut has it, too. Read by whoever
 * passes them on without a promise for each step (`Readable`); a stream is little else than its events.
 */
export class EventStream<Event>
  implements AsyncIterable<Event | Aside>, Readable<Event | Aside>, Taker<Buffer, unknown>
{
  readonly #open: () => Opening<Event>
  #begun: (Opening<Event> & OpenStream) | undefined
  readonly #splitter = new EventSplitter()
  /** What came from upstream last, and how much of it is read. */
  #blocks: readonly EventBlock[] = []
  #read = 0
  /** What the last block said beyond what was taken of it. */
  readonly #told: (Event | Aside)[] = []
  /** Nothing that comes from upstream is read any more. */
  #over = false
  #taker: Taker<Event | Aside, unknown> | undefined

  constructor(open: () => Opening<Event>) {
    this.#open = open
  }

  read<R>(taker: Taker<Event | Aside, R>): Promise<R> {
    this.#taker = taker
    return (this.#begun ? this.#readOn(this.#begun) : this.#begin()) as Promise<R>
  }

  [Symbol.asyncIterator](): AsyncIterator<Event | Aside, undefined> {
    return {
      next: () => this.read<IteratorResult<Event | Aside, undefined>>(toResult),
      return: async () => {
        this.leave()
        return { done: true, value: undefined }
      },
    }
  }

  /** Ends the connection, unless the response has ended. */
  leave(): void {
    this.#over = true
    this.#told.length = 0
    this.#begun?.reply.leave()
  }

  /** A piece of upstream's body came. */
  take(chunk: Buffer): unknown {
    this.#blocks = this.#splitter.push(chunk)
    this.#read = 0
    if (this.#blocks.length === 0) this.#told.push(stillThere)
    return this.#drain()
  }

  /** Upstream's body ended. */
  end(): unknown {
    if (!this.#over && this.#begun) {
      const words = this.#begun.reader.end()
      if (words !== '') this.#told.push(...this.#begun.owed(words))
      this.#over = true
    }
    return this.#drain()
  }

  fail(thrown: unknown): unknown {
    this.leave()
    return this.#taker?.fail(scrub(thrown, this.#begun?.secrets ?? []))
  }

  async #begin(): Promise<unknown> {
    try {
      const opening = this.#open()
      const { asking, question } = opening
      this.#begun = { ...opening, ...(await askStream(asking, question)) }
      // Its reader may have left meanwhile.
      if (this.#over) this.#begun.reply.leave()
    } catch (thrown) {
      return this.fail(thrown)
    }
    return this.#readOn(this.#begun)
  }

  #readOn({ reply }: OpenStream): Promise<unknown> {
    try {
      const taken = this.#drain()
      return taken === undefined ? reply.read(this) : Promise.resolve(taken)
    } catch (thrown) {
      return Promise.try(() => this.fail(thrown))
    }
  }

  /** Hands on what has come, until the taker has made something of it; what is left is for the next read. */
  #drain(): unknown {
    for (;;) {
      const event = this.#told.shift() ?? this.#readBlock()
      if (event === undefined) return this.#over ? this.#taker?.end() : undefined
      const taken = this.#taker?.take(event)
      if (taken !== undefined) return taken
    }
  }

  /** What the next block of what came last tells; undefined when all are read. */
  #readBlock(): Event | Aside | undefined {
    const block = this.#over ? undefined : this.#blocks[this.#read]
    if (!block || !this.#begun) return undefined
    const { reader, tell, reply } = this.#begun
    this.#read++
    const facts = reader.read(block)
    if (facts.kind === 'end') {
      this.#over = true
      reply.letEnd()
    }
    const events: readonly (Event | Aside)[] = facts.kind === 'aside' ? [] : tell(facts, block.bytes)
    const told = facts.usage || facts.finished ? withAsides(events, facts) : events
    if (told.length > 1) this.#told.push(...told.slice(1))
    // Upstream is there, though it may have nothing to say.
    return told[0] ?? stillThere
  }
}

function withAsides<Event>(events: readonly Event[], { usage, finished: isFinished }: EventFacts): (Event | Aside)[] {
  return [...(usage ? [{ type: 'usage', usage } as const] : []), ...events, ...(isFinished ? [finished] : [])]
}
