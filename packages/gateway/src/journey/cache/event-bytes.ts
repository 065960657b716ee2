import type { StreamEvent } from '../../kernel/answer.ts'
import type { KeptBody } from './kept-answer.ts'

/** Of an event as it is kept. */
export function bytesOf(event: StreamEvent): number {
  if (event.type === 'relayed') return event.bytes.length
  return event.type === 'chunk' ? Buffer.byteLength(JSON.stringify(event.chunk) ?? '') : 0
}

/** All events of a stream as they are kept: upstream's own bytes in one piece, or its chunks. */
export function bodyOf(events: readonly StreamEvent[]): KeptBody {
  const relayed = events.flatMap((event) => (event.type === 'relayed' ? [event.bytes] : []))
  if (relayed.length > 0) return { form: 'relayed-stream', bytes: Buffer.concat(relayed) }
  return { form: 'chunks', chunks: events.flatMap((event) => (event.type === 'chunk' ? [event.chunk] : [])) }
}
