import type { ChatChunk } from '../../../../kernel/chat.ts'
import type { AnswerFacts, EventFacts, JsonObject, SseEvent } from '../../../dialect.ts'
import { readStream } from '../read-stream.ts'
import { writeStream } from '../write-stream.ts'

export const facts: AnswerFacts = {
  callId: '0191-call',
  model: 'support-chat',
  created: 1_760_000_000,
  request: { model: 'support-chat', input: 'Hello' },
  usage: { inputTokens: 12, cachedInputTokens: 4, outputTokens: 7, reasoningTokens: 3 },
}

/** The events of a stream as this dialect writes it. */
export function streamText(chunks: readonly unknown[], request: JsonObject = facts.request): string {
  const writer = writeStream({ ...facts, request })
  return writer.start() + chunks.map((chunk) => writer.chunk(chunk)).join('') + writer.end(facts.usage)
}

export function eventsIn(stream: string): readonly SseEvent[] {
  return stream
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [event = '', data = ''] = block.split('\n')
      return { event: event.slice('event: '.length), data: data.slice('data: '.length) }
    })
}

export function event(type: string, members: JsonObject = {}): SseEvent {
  return { event: type, data: JSON.stringify({ type, ...members }) }
}

/** Reads a stream to its end. */
export function readAll(events: readonly SseEvent[]): readonly EventFacts[] {
  const reader = readStream()
  const read = events.map((told) => reader.read(told))
  reader.end()
  return read
}

export function chunksOf(read: readonly EventFacts[]): readonly ChatChunk[] {
  return read.flatMap(({ chunks }) => chunks() as readonly ChatChunk[])
}
