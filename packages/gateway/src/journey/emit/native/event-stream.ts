import type { ServerResponse } from 'node:http'
import type { StreamAnswer, StreamEvent } from '../../../kernel/answer.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { problemBody } from '../problem.ts'
import { writePiece } from '../write-piece.ts'

/**
 * Writes a stream as server-sent events: `answer-start`, `chunk`…, then `answer-end` or `error`, never neither. Each event goes
 * out as it comes; a slow reader holds the stream back instead of filling memory. Returns the error that ended it, if any.
 */
export async function writeEventStream(
  response: ServerResponse,
  answer: StreamAnswer,
): Promise<AstraError | undefined> {
  const { callId: id, model, version, cached } = answer
  await write(response, 'answer-start', { id, model, version, cached })
  try {
    for await (const event of answer.events) {
      await write(response, event.type, payload(event))
      if (response.destroyed) return undefined
    }
    response.end()
    return undefined
  } catch (thrown) {
    const error = toAstraError(thrown)
    if (!response.destroyed) response.end(frame('error', problemBody(error, id)))
    return error
  }
}

function payload(event: StreamEvent): unknown {
  if (event.type === 'relayed') throw new AstraError('internal', { reason: 'bytes came for a door that sent none' })
  return event.type === 'chunk' ? event.chunk : { usage: event.usage }
}

/** JSON.stringify leaves no line break in its text, so one data line always does. */
function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function write(response: ServerResponse, event: string, data: unknown): Promise<void> | undefined {
  return writePiece(response, frame(event, data))
}
