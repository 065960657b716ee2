import type { ServerResponse } from 'node:http'
import type { StreamWriter } from '../../../dialects/dialect.ts'
import type { StreamAnswer } from '../../../kernel/answer.ts'
import { type AstraError, toAstraError } from '../../../kernel/errors.ts'
import { type Tell, writeEvents } from '../write-events.ts'

type Written = Buffer | string

/** How a protocol says that its stream broke off; `last`: what was written before. */
export type ErrorEvent = (error: AstraError, last: Written) => string

/**
 * Writes a stream in its protocol: upstream's own bytes as they come, or chunks in the words of `writer`, ended by the protocol's
 * terminal event or by its error event, never by neither.
 */
export async function writeStream(
  response: ServerResponse,
  answer: StreamAnswer,
  writer: () => StreamWriter,
  errorEvent: ErrorEvent,
): Promise<void> {
  const tell = teller(writer)
  let last: Written = ''
  try {
    const ended = await writeEvents(response, answer, (event) => {
      const told = tell(event)
      if (told.length > 0) last = told
      return told
    })
    if (ended) response.end()
  } catch (thrown) {
    if (!response.destroyed) response.end(errorEvent(toAstraError(thrown), last))
  }
}

/** What of each event goes out; a relayed stream has its own end. */
function teller(writer: () => StreamWriter): Tell {
  let relays = false
  let begun: StreamWriter | undefined
  return (event) => {
    if (event.type === 'relayed') {
      relays = true
      return event.bytes
    }
    if (relays) return ''
    let start = ''
    if (!begun) {
      begun = writer()
      start = begun.start()
    }
    return start + (event.type === 'chunk' ? begun.chunk(event.chunk) : begun.end(event.usage))
  }
}
