import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ExecutionResult, execute, GraphQLError, getOperationAST, subscribe } from 'graphql'
import type { Caller } from '../../../kernel/caller.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import type { LimitStatus } from '../../../kernel/limits.ts'
import { createDocuments, type PreparedDocument } from './documents.ts'
import { limitInputs } from './limits.ts'
import { type ReadRequest, readRequest } from './read-request.ts'
import { reportFaults, reportFaultsOf } from './report-faults.ts'
import { createSchemas } from './schemas.ts'
import type { GraphqlRequest, ReportFault } from './serve-call.ts'

/** How results leave by this door; handed in, as accept and emit do not know each other. */
export interface GraphqlEmit {
  result(reply: FastifyReply, result: ExecutionResult, callIds: readonly string[]): FastifyReply
  /** Each result as it comes. */
  events(
    reply: FastifyReply,
    results: AsyncIterable<ExecutionResult>,
    callIds: readonly string[],
  ): Promise<FastifyReply>
  /** The bounds that the request's calls met, before its results leave. */
  limits(reply: FastifyReply, met: readonly LimitStatus[]): void
  /** For a request that holds no GraphQL document, or one that this method may not carry. */
  refusal(reply: FastifyReply, error: AstraError): FastifyReply
}

/** `POST /graphql`, and GET for queries that infer nothing. `report` gets every `internal` error that arises in this door itself. */
export function mountGraphql(
  http: FastifyInstance,
  context: DoorContext,
  callerOf: (request: FastifyRequest) => Caller,
  emit: GraphqlEmit,
  report: ReportFault = () => {},
): void {
  const prepare = createDocuments(createSchemas(context.operations))
  const bodyBytesMax = http.initialConfig.bodyLimit ?? 1_048_576

  http.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const shared = shareRequest(request, reply, context, callerOf(request), report)
      const { accept = '' } = request.headers
      const streams = accept.includes('text/event-stream')
      try {
        const params = await readRequest(request, shared.caller, bodyBytesMax)
        const prepared = prepare(params.query, context.catalog())
        const answered = 'errors' in prepared ? prepared : await answer(request, params, prepared, shared, streams)
        emit.limits(reply, shared.met)
        if (isIterable(answered)) return await emit.events(reply, reportFaultsOf(answered, report), shared.callIds)
        reportFaults(answered, report)
        // Clients that take both (urql) name JSON too; for those of graphql-sse a single result is a stream of one.
        if (streams && !/json|\*/.test(accept)) return await emit.events(reply, once(answered), shared.callIds)
        return emit.result(reply, answered, shared.callIds)
      } catch (thrown) {
        const error = toAstraError(thrown)
        if (error.code === 'internal') report(error)
        return emit.refusal(reply, error)
      }
    },
  })
}

function shareRequest(
  { headers, ip: address }: FastifyRequest,
  { raw }: FastifyReply,
  door: DoorContext,
  caller: Caller,
  report: ReportFault,
): Shared {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(new AstraError('cancelled'))
  })
  const { clock } = door
  const [receivedAt, startedAt] = [clock.now(), clock.elapsed()]
  return {
    door,
    caller,
    address,
    headers,
    signal: controller.signal,
    receivedAt,
    startedAt,
    callIds: [],
    met: [],
    report,
  }
}

type Shared = Omit<GraphqlRequest, 'inputBytesMax'>
type Answered = ExecutionResult | AsyncIterable<ExecutionResult>

function answer(
  { method }: FastifyRequest,
  { operationName, variables, bodyBytes }: ReadRequest,
  { document, schema, operations }: PreparedDocument,
  shared: Shared,
  streams: boolean,
): Answered | Promise<Answered> {
  const operation = getOperationAST(document, operationName)
  // Without an operation graphql-js says which names there are.
  const prepared = operation ? operations.get(operation) : undefined
  if (method === 'GET' && prepared && (operation?.operation !== 'query' || prepared.infers)) {
    throw new AstraError('method_not_allowed', { detail: 'Inference and mutations are sent by POST' })
  }
  const copies = prepared?.copies ?? 0
  limitInputs(bodyBytes, copies)
  const contextValue: GraphqlRequest = { ...shared, inputBytesMax: bodyBytes * copies }
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
