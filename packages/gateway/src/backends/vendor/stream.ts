import type { DialectCodec, EventFacts, StreamReader } from '../../dialects/dialect.ts'
import type { TokenUsage } from '../../kernel/answer.ts'
import type { AttemptContext, BackendEvent, Finished, RelayEvent, StillThere } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
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
  const body = JSON.stringify(codec.ask.writeRequest([input], wishOf(asking, true)))
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
  const { bytes: body, hidesUsage } = codec.ask.forward(request, wishOf(asking, true))
  let content = false
  return {
    asking,
    question: { codec, body, context },
    reader: readerOf(codec, hidesUsage),
    tell({ kind, text }, bytes) {
      content ||= kind !== 'preamble'
      return [{ type: 'relayed', bytes, content, text }]
    },
    owed: (words) => [{ type: 'relayed', bytes: Buffer.from(words), content: true, text: '' }],
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
const over: IteratorReturnResult<void> = { done: true, value: undefined }

/**
 * The events of one upstream stream. Usage is told whenever upstream tells it, so that a stream that is cut has it, too. No generator:
 * each event would take several more turns through it, and a stream is little else than its events.
 */
export class EventStream<Event> implements AsyncIterableIterator<Event | Aside, void> {
  readonly #open: () => Opening<Event>
  #begun: (Opening<Event> & OpenStream) | undefined
  readonly #splitter = new EventSplitter()
  /** What came from upstream last, and how much of it is read. */
  #blocks: readonly EventBlock[] = []
  #read = 0
  /** What the last block said beyond what was told of it. */
  readonly #told: (Event | Aside)[] = []
  /** Nothing that comes from upstream is read any more. */
  #over = false

  constructor(open: () => Opening<Event>) {
    this.#open = open
  }

  async next(): Promise<IteratorResult<Event | Aside, void>> {
    try {
      this.#begun ??= await this.#begin()
      for (;;) {
        const event = this.#told.shift() ?? this.#readBlocks(this.#begun)
        if (event !== undefined) return { done: false, value: event }
        if (this.#over) return over
        const { done, value } = await this.#begun.reply.next()
        if (done) this.#end(this.#begun)
        else this.#split(value)
      }
    } catch (thrown) {
      this.#leave()
      throw scrub(thrown, this.#begun?.secrets ?? [])
    }
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.#leave()
    return over
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #begin(): Promise<Opening<Event> & OpenStream> {
    const opening = this.#open()
    const begun = { ...opening, ...(await askStream(opening.asking, opening.question)) }
    // Its reader may have left meanwhile.
    if (this.#over) begun.reply.leave()
    return begun
  }

  #split(chunk: Buffer): void {
    this.#blocks = this.#splitter.push(chunk)
    this.#read = 0
    if (this.#blocks.length === 0) this.#told.push(stillThere)
  }

  /** What the next block of what came last tells; undefined when all are read. */
  #readBlocks({ reader, tell, reply }: Opening<Event> & OpenStream): Event | Aside | undefined {
    const block = this.#over ? undefined : this.#blocks[this.#read]
    if (!block) return undefined
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

  /** Upstream's side ended. */
  #end({ reader, owed }: Opening<Event>): void {
    const words = reader.end()
    if (words !== '') this.#told.push(...owed(words))
    this.#over = true
  }

  #leave(): void {
    this.#over = true
    this.#told.length = 0
    this.#begun?.reply.leave()
  }
}

function withAsides<Event>(events: readonly Event[], { usage, finished: isFinished }: EventFacts): (Event | Aside)[] {
  return [...(usage ? [{ type: 'usage', usage } as const] : []), ...events, ...(isFinished ? [finished] : [])]
}
