import type { DialectCodec, EventFacts, StreamReader } from '../../dialects/dialect.ts'
import type { TokenUsage } from '../../kernel/answer.ts'
import type { AttemptContext, BackendEvent, RelayEvent, StillThere } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { EventSplitter } from '../http/sse.ts'
import { scrub } from '../secrets/scrub.ts'
import { type Asking, askStream, type Question } from './ask.ts'
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

const stillThere: StillThere = { type: 'still-there' }

interface UsageEvent {
  readonly type: 'usage'
  readonly usage: TokenUsage
}

/** Usage is told whenever upstream tells it, so that a stream that is cut has it, too. */
export async function* streamEvents<Event>(
  open: () => Opening<Event>,
): AsyncGenerator<Event | UsageEvent | StillThere, void> {
  const { asking, question, reader, tell, owed } = open()
  const { reply, secrets } = await askStream(asking, question)
  const splitter = new EventSplitter()
  try {
    for await (const chunk of reply) {
      let silent = true
      for (const block of splitter.push(chunk)) {
        const facts = reader.read(block)
        if (facts.usage) {
          silent = false
          yield { type: 'usage', usage: facts.usage }
        }
        if (facts.kind !== 'aside') {
          for (const event of tell(facts, block.bytes)) {
            silent = false
            yield event
          }
        }
        if (facts.kind === 'end') return reply.letEnd()
      }
      if (silent) yield stillThere
    }
    const words = reader.end()
    if (words !== '') for (const event of owed(words)) yield event
  } catch (thrown) {
    throw scrub(thrown, secrets)
  }
}
