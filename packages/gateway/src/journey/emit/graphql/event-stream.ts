import type { ServerResponse } from 'node:http'
import type { ExecutionResult, FormattedExecutionResult } from 'graphql'

/**
 * Writes results in graphql-sse's protocol, each as it comes. Its own handler takes results from the source as fast as they come
 * and keeps what the client has not read yet, without bound; here a slow reader holds the source back. Leaving the loop closes
 * the source.
 */
export async function writeEventStream(
  response: ServerResponse,
  results: AsyncIterable<ExecutionResult>,
  publicResult: (result: ExecutionResult) => FormattedExecutionResult,
): Promise<void> {
  for await (const result of results) {
    if (response.destroyed) return
    if (!response.write(`event: next\ndata: ${JSON.stringify(publicResult(result))}\n\n`)) await drained(response)
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
