import type { ServerResponse } from 'node:http'
import type { StreamAnswer, StreamEvent } from '../../../kernel/answer.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { problemBody } from '../problem.ts'
import { writeEvents } from '../write-events.ts'
import { PieceWriter } from '../write-piece.ts'

/**
 * Writes a stream as server-sent events: `answer-start`, `chunk`…, then `answer-end` or `error`, never neither. Returns the error
 * that ended it, if any.
 */
export async function writeEventStream(
  response: ServerResponse,
  answer: StreamAnswer,
): Promise<AstraError | undefined> {
  const { callId: id, model, version, cached } = answer
  await new PieceWriter(response).write(frame('answer-start', { id, model, version, cached }))
  try {
    if (await writeEvents(response, answer, (event) => frame(event.type, payload(event)))) response.end()
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
