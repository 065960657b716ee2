import Fastify, { type FastifyInstance } from 'fastify'
import type { Answer, StreamEvent } from '../../../../kernel/answer.ts'
import type { Call } from '../../../../kernel/call.ts'
import { type Caller, callerOf } from '../../../../kernel/caller.ts'
import type { Catalog } from '../../../../kernel/catalog.ts'
import type { DoorContext } from '../../../../kernel/door.ts'
import type { AstraError } from '../../../../kernel/errors.ts'
import type { Operation, OperationContext } from '../../../../kernel/operation.ts'
import { type GraphqlEmit, mountGraphql } from '../mount-graphql.ts'
import type { ReportFault } from '../serve-call.ts'

export const caller: Caller = callerOf({ id: 'key_1', consumer: 'demo', permissions: ['admin'], createdAt: 0 })

/** A gateway behind the door that does what the test says, and remembers what it was asked. */
export interface FakeDoor extends DoorContext {
  readonly calls: Call[]
  readonly refused: { readonly call: Call; readonly error: AstraError }[]
  readonly operated: { readonly name: string; readonly input: unknown; readonly context: OperationContext }[]
}

export interface FakeGateway {
  readonly serve?: (call: Call) => Promise<Answer> | Answer
  readonly operations?: readonly Operation[]
  /** A function, where the catalog changes under the door. */
  readonly catalog: Catalog | (() => Catalog)
}

export function fakeDoor({ serve = spam, operations = [], catalog }: FakeGateway): FakeDoor {
  const calls: Call[] = []
  const refused: FakeDoor['refused'] = []
  const operated: FakeDoor['operated'] = []
  let ids = 0
  return {
    calls,
    refused,
    operated,
    clock: { now: () => 1_000, elapsed: () => 5, id: () => `call-${++ids}` },
    catalog: typeof catalog === 'function' ? catalog : () => catalog,
    operations,
    async serve(call) {
      calls.push(call)
      return serve(call)
    },
    refuse: (call, _, error) => void refused.push({ call, error }),
    async operate(operation, input, context) {
      operated.push({ name: operation.name, input, context })
      return operation.run(input as never, context)
    },
  }
}

/** Fastify as the gateway sets it up: doors read their own bodies. */
export function serverWith(
  door: DoorContext,
  emit: GraphqlEmit,
  bodyLimit = 200_000,
  report?: ReportFault,
): FastifyInstance {
  const http = Fastify({ bodyLimit, forceCloseConnections: true })
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', (_request, _payload, done) => done(null))
  mountGraphql(http, door, () => caller, emit, report)
  return http
}

/** Sends requests without a network; the answer's body is parsed. */
export function clientOf(door: DoorContext, emit: GraphqlEmit) {
  const http = serverWith(door, emit)
  return async (query: string, variables?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const response = await http.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify({ query, variables }),
    })
    return { status: response.statusCode, headers: response.headers, ...(response.json() as GraphqlBody) }
  }
}

export interface GraphqlBody {
  readonly data?: unknown
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions: Readonly<Record<string, unknown>>
  }[]
}

export function answerOf(call: Call, outputs: readonly unknown[]): Answer {
  return {
    ...head(call),
    kind: 'whole',
    items: outputs.map((output) => ({ output })),
    usage: { items: outputs.length },
    timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 },
  }
}

export function streamOf(call: Call, events: AsyncIterable<StreamEvent>): Answer {
  return { ...head(call), kind: 'stream', events }
}

function head({ id, model, major = 1 }: Call) {
  return { callId: id, model, major, version: '1.1', cached: false }
}

function spam(call: Call): Answer {
  return answerOf(
    call,
    call.inputs.map(() => ({ label: 'spam', score: 0.75 })),
  )
}
