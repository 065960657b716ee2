import { type Answer, type BatchAnswer, readAnswer, readBatchAnswer } from './answer.ts'
import { type AnswerStream, openAnswerStream } from './answer-stream.ts'
import { type CallOptions, callHeaders } from './call-options.ts'
import { jsonText } from './json.ts'
import type { Link } from './link.ts'
import { openCall, send } from './send.ts'

/** What can be asked of a contract. */
export interface Endpoint<Input, Output> {
  /** One input, one output. */
  predict(input: Input, options?: CallOptions): Promise<Answer<Output>>
  /** Several inputs in one call; a failed one does not fail the others. */
  batch(inputs: readonly Input[], options?: CallOptions): Promise<BatchAnswer<Output>>
}

/** What can be asked of a contract that streams. */
export interface StreamingEndpoint<Input, Output, Chunk> extends Endpoint<Input, Output> {
  /** The answer piece by piece, as it is made. The request goes out at once. */
  stream(input: Input, options?: CallOptions): AnswerStream<Chunk>
}

export function createEndpoint(link: Link, model: string, major: string): StreamingEndpoint<unknown, unknown, unknown> {
  const path = `/models/${encodeURIComponent(model)}/${encodeURIComponent(major)}/predict`
  const request = (accept: string, body: unknown, options: CallOptions) => ({
    method: 'POST',
    path,
    headers: { accept, ...callHeaders(options) },
    body: jsonText(body),
  })
  return {
    async predict(input, options = {}) {
      return send(link, options, request('application/json', { input }, options), readAnswer)
    },
    async batch(inputs, options = {}) {
      return send(link, options, request('application/json', { inputs }, options), (response, body) =>
        readBatchAnswer(response, body, inputs.length),
      )
    },
    stream(input, options = {}) {
      const wireRequest = request('text/event-stream', { input }, options)
      return openAnswerStream(openCall(link, options), wireRequest)
    },
  }
}
