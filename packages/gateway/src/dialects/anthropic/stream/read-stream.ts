import type { ChatChunk, FinishReason } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { EventFacts, JsonObject, SseEvent, StreamReader } from '../../dialect.ts'
import { EventJson } from '../../event-json.ts'
import { outOfForm } from '../../json.ts'
import { anthropicFault } from '../fault.ts'
import { textOf } from '../json.ts'
import { readStopReason } from '../stop-reason.ts'
import { countsOf, latestCounts, readUsage, type UsageCounts } from '../usage.ts'
import { blockReader, type Said } from './block-reader.ts'
import { eventText } from './event-text.ts'

/**
 * Reads the events of one message. Events that begin nothing (`message_start`, `ping`, empty blocks) are preamble until the first piece
 * of content. Kinds of events that are not known are passed over, as the protocol may add some.
 */
export function readStream(): StreamReader {
  const blocks = blockReader()
  const json = new EventJson()
  let counts: UsageCounts = {}
  let began = false
  let stopped = false
  let ended = false
  let finish: FinishReason | undefined

  const readers: ReadonlyMap<string, (data: JsonObject) => Piece> = new Map<string, (data: JsonObject) => Piece>([
    [
      'message_start',
      ({ message }) => {
        // What it says of the output is where counting starts, and would pass for the whole in a stream that is cut.
        const { output: _, ...input } = countsOf(isJsonObject(message) ? message.usage : undefined)
        counts = latestCounts(counts, input)
        return { ...silence, usage: true }
      },
    ],
    ['content_block_start', blocks.start],
    ['content_block_delta', blocks.delta],
    ['content_block_stop', blocks.stop],
    [
      'message_delta',
      ({ delta, usage }) => {
        counts = latestCounts(counts, countsOf(usage))
        const stopReason = isJsonObject(delta) ? delta.stop_reason : undefined
        if (typeof stopReason !== 'string') return { ...silence, usage: true }
        if (stopped) return { ...silence, usage: true, kind: 'aside' }
        stopped = true
        finish = readStopReason(stopReason)
        const end: ChatChunk = { type: 'choice-end', choice: 0, finishReason: finish }
        return { content: true, text: '', chunks: [end], usage: true }
      },
    ],
    [
      'message_stop',
      () => {
        if (!stopped) throw truncated()
        ended = true
        return { ...silence, kind: 'end' }
      },
    ],
  ])

  return {
    get finish() {
      return finish
    },
    read(event) {
      // The answer is complete: whatever comes now cannot spoil it.
      if (ended) return { kind: 'aside', text: '', chunks: none }
      const data = parse(event, json)
      const type = textOf(data.type) || event.event
      if (type === 'error') throw anthropicFault(data, undefined, began) ?? outOfForm('an error event without an error')
      const piece = readers.get(type)?.(data) ?? silence
      began ||= piece.content
      return eventFacts(piece, began, counts)
    },
    end() {
      if (!stopped) throw truncated()
      return ended ? '' : eventText('message_stop', {})
    },
  }
}

interface Piece extends Said {
  readonly kind?: 'aside' | 'end'
  /** It told token counts. */
  readonly usage?: true
}

const silence: Said = { content: false, text: '', chunks: [] }
const none = () => []

function eventFacts({ kind, text, chunks, usage: told }: Piece, began: boolean, counts: UsageCounts): EventFacts {
  const usage = told && readUsage(counts)
  return {
    kind: kind ?? (began ? 'content' : 'preamble'),
    text,
    chunks: () => chunks,
    ...(usage ? { usage } : {}),
  }
}

function parse({ data }: SseEvent, json: EventJson): JsonObject {
  let parsed: unknown
  try {
    parsed = json.parse(data)
  } catch {
    throw outOfForm('an event whose data is no JSON')
  }
  if (!isJsonObject(parsed)) throw outOfForm('an event whose data is no object')
  return parsed
}

function truncated(): AstraError {
  return new AstraError('upstream_failed', { reason: "upstream's stream ended before its answer did" })
}
