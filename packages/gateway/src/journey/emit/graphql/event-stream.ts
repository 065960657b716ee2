import type { ServerResponse } from 'node:http'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { toAstraError } from '../../../kernel/errors.ts'
import { PieceWriter } from '../write-piece.ts'
import { resultText } from './result-text.ts'

/**
 * Writes results in graphql-sse's protocol ("distinct connections mode"): `next` for each as it comes, then `complete`. Its own
 * handler takes results from the source as fast as they come and keeps what the client has not read yet, without bound; here a
 * slow reader holds the source back. Leaving the loop closes the source.
 */
export async function writeEventStream(
  response: ServerResponse,
  results: AsyncIterable<ExecutionResult>,
): Promise<void> {
  const pieces = new PieceWriter(response)
  const next = (result: ExecutionResult) => pieces.write(`event: next\ndata: ${resultText(result)}\n\n`)
  try {
    for await (const result of results) {
      if (response.destroyed) return
      await next(result)
    }
  } catch (thrown) {
    if (!response.destroyed) void next({ errors: [new GraphQLError('', { originalError: toAstraError(thrown) })] })
  }
  if (!response.destroyed) response.end('event: complete\ndata:\n\n')
}
