import type { ServerResponse } from 'node:http'
import { type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql'
import { toAstraError } from '../../../kernel/errors.ts'

/**
 * Writes results in graphql-sse's protocol ("distinct connections mode"): `next` for each as it comes, then `complete`. Its own
 * handler takes results from the source as fast as they come and keeps what the client has not read yet, without bound; here a
 * slow reader holds the source back. Leaving the loop closes the source.
 */
export async function writeEventStream(
  response: ServerResponse,
  results: AsyncIterable<ExecutionResult>,
  publicResult: (result: ExecutionResult) => FormattedExecutionResult,
): Promise<void> {
  const next = (result: ExecutionResult) =>
    response.write(`event: next\ndata: ${JSON.stringify(publicResult(result))}\n\n`)
  try {
    for await (const result of results) {
      if (response.destroyed) return
      if (!next(result)) await drained(response)
    }
  } catch (thrown) {
    if (!response.destroyed) next({ errors: [new GraphQLError('', { originalError: toAstraError(thrown) })] })
  }
  if (!response.destroyed) response.end('event: complete\ndata:\n\n')
}

function drained(response: ServerResponse): Promise<void> | undefined {
  if (response.destroyed) return undefined
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })
}
