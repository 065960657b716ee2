import type { FastifyReply } from 'fastify'
import { type ExecutionResult, GraphQLError } from 'graphql'
import type { AstraError } from '../../../kernel/errors.ts'
import type { LimitStatus } from '../../../kernel/limits.ts'
import { type HeaderList, headersIn } from '../header-list.ts'
import { addRateLimits } from '../limit-headers.ts'
import { writeEventStream } from './event-stream.ts'
import { publicGraphqlError } from './public-graphql-error.ts'
import { resultText } from './result-text.ts'

const json = 'application/json; charset=utf-8'
const graphqlJson = 'application/graphql-response+json; charset=utf-8'

/** How results leave by the GraphQL door. */
export const graphqlEmit = {
  /**
   * GraphQL over HTTP: 200 when the operation ran, whatever became of its fields. When it could not run, 400 to those who accept
   * application/graphql-response+json; clients of application/json expect 200 for that, too.
   */
  result(reply: FastifyReply, result: ExecutionResult, callIds: readonly string[]): FastifyReply {
    const mediaType = mediaTypeFor(reply.request.headers.accept)
    const ran = 'data' in result
    return send(reply, ran || mediaType === json ? 200 : 400, mediaType, result, callIds)
  },

  /** Server-sent events in graphql-sse's "distinct connections mode": `next` for each result, then `complete`. */
  async events(
    reply: FastifyReply,
    results: AsyncIterable<ExecutionResult>,
    callIds: readonly string[],
  ): Promise<FastifyReply> {
    reply.hijack()
    const [callId] = callIds
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would else collect events before it passes them on.
      'x-accel-buffering': 'no',
      ...(callIds.length === 1 && callId !== undefined ? { 'astra-call-id': callId } : {}),
    })
    await writeEventStream(reply.raw, results)
    return reply
  },

  /** Of several calls that met the same bound, as the last of them left it. */
  limits(reply: FastifyReply, met: readonly LimitStatus[]): void {
    if (met.length === 0) return
    const last = new Map(met.map((limit) => [`${limit.owner.kind} ${limit.owner.name} ${limit.kind}`, limit]))
    const headers: HeaderList = []
    addRateLimits(headers, [...last.values()])
    reply.headers(headersIn(headers))
  },

  /** The request itself is at fault: its status is that of the error. */
  refusal(reply: FastifyReply, error: AstraError): FastifyReply {
    const errors = [new GraphQLError(error.message, { originalError: error })]
    if (error.code === 'method_not_allowed') reply.header('allow', 'POST')
    return send(reply, error.status, json, { errors }, [])
  },
}

function send(
  reply: FastifyReply,
  status: number,
  mediaType: string,
  result: ExecutionResult,
  callIds: readonly string[],
): FastifyReply {
  // Before anything of the reply is set: it may throw.
  const text = resultText(result)
  const [callId] = callIds
  const [error] = result.errors ?? []
  if (callIds.length === 1) reply.header('astra-call-id', callId)
  if (error && result.errors?.length === 1) reply.header('astra-error-code', publicGraphqlError(error).extensions?.code)
  return reply.code(status).header('content-type', mediaType).header('cache-control', 'no-store').send(text)
}

/** The first of the two that the client names; application/json for one that names neither. */
function mediaTypeFor(accept: string | undefined): string {
  if (!accept?.includes('graphql-response+json')) return json
  const first = accept
    .split(',')
    .find((range) => /graphql-response\+json|application\/json|\*\/\*|application\/\*/i.test(range))
  return first?.includes('graphql-response+json') ? graphqlJson : json
}
