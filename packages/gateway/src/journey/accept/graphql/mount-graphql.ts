import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ExecutionResult, execute, GraphQLError, getOperationAST, subscribe } from 'graphql'
import type { RequestParams } from 'graphql-http'
import type { Caller } from '../../../kernel/caller.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { createDocuments, type PreparedDocument } from './documents.ts'
import { readRequest } from './read-request.ts'
import { createSchemas } from './schemas.ts'
import type { GraphqlRequest } from './serve-call.ts'

/** How results leave by this door; handed in, as accept and emit do not know each other. */
export interface GraphqlEmit {
  result(reply: FastifyReply, result: ExecutionResult, callIds: readonly string[]): FastifyReply
  /** Each result as it comes. */
  events(
    reply: FastifyReply,
    results: AsyncIterable<ExecutionResult>,
    callIds: readonly string[],
  ): Promise<FastifyReply>
  /** For a request that holds no GraphQL document, or one that this method may not carry. */
  refusal(reply: FastifyReply, error: AstraError): FastifyReply
}

/** `POST /graphql`, and GET for queries that infer nothing. */
export function mountGraphql(
  http: FastifyInstance,
  context: DoorContext,
  callerOf: (request: FastifyRequest) => Caller,
  emit: GraphqlEmit,
): void {
  const prepare = createDocuments(createSchemas(context.operations))
  const bodyBytesMax = http.initialConfig.bodyLimit ?? 1_048_576

  http.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const shared = shareRequest(request, reply, context, callerOf(request))
      const { accept = '' } = request.headers
      const streams = accept.includes('text/event-stream')
      try {
        const params = await readRequest(request, bodyBytesMax)
        const prepared = prepare(params.query, context.catalog())
        const answered = 'errors' in prepared ? prepared : await answer(request, params, prepared, shared, streams)
        if (isIterable(answered)) return await emit.events(reply, answered, shared.callIds)
        // Clients that take both (urql) name JSON too; for those of graphql-sse a single result is a stream of one.
        if (streams && !/json|\*/.test(accept)) return await emit.events(reply, once(answered), shared.callIds)
        return emit.result(reply, answered, shared.callIds)
      } catch (thrown) {
        return emit.refusal(reply, toAstraError(thrown))
      }
    },
  })
}

function shareRequest(
  { headers }: FastifyRequest,
  { raw }: FastifyReply,
  door: DoorContext,
  caller: Caller,
): GraphqlRequest {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(new AstraError('cancelled'))
  })
  const { clock } = door
  const [receivedAt, startedAt] = [clock.now(), clock.elapsed()]
  return { door, caller, headers, signal: controller.signal, receivedAt, startedAt, callIds: [] }
}

type Answered = ExecutionResult | AsyncIterable<ExecutionResult>

function answer(
  { method }: FastifyRequest,
  { operationName, variables }: RequestParams,
  { document, schema, operations }: PreparedDocument,
  contextValue: GraphqlRequest,
  streams: boolean,
): Answered | Promise<Answered> {
  const operation = getOperationAST(document, operationName)
  // Without an operation graphql-js says which names there are.
  const prepared = operation ? operations.get(operation) : undefined
  if (method === 'GET' && prepared && (operation?.operation !== 'query' || prepared.infers)) {
    throw new AstraError('method_not_allowed', { detail: 'Inference and mutations are sent by POST' })
  }
  if (prepared?.run) return prepared.run(variables ?? {}, contextValue)
  const run = { schema, document, contextValue, operationName, variableValues: variables }
  if (operation?.operation !== 'subscription') return execute(run)
  return streams ? subscribe(run) : unstreamed
}

const unstreamed: ExecutionResult = {
  errors: [
    new GraphQLError('Subscriptions are streamed', {
      originalError: new AstraError('invalid_query', {
        detail: 'A subscription is answered as a stream of events',
        next: 'Send "Accept: text/event-stream".',
      }),
    }),
  ],
}

async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult, void> {
  yield result
}

function isIterable(answered: Answered): answered is AsyncIterable<ExecutionResult> {
  return Symbol.asyncIterator in answered
}
