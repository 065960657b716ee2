import { asObject, ProtocolError, parseJsonBody } from '@astraapi/oip'
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Repository } from '../repository/repository.ts'
import { infer } from './infer.ts'
import { modelMetadata, serverMetadata } from './metadata.ts'

export interface ModelRequest {
  readonly Params: { readonly model: string; readonly version?: string }
  readonly Body: Uint8Array | undefined
}

export interface Route {
  readonly method: HTTPMethods
  readonly url: string
  handler(request: FastifyRequest<ModelRequest>, reply: FastifyReply): unknown
}

export interface RouteContext {
  readonly repository: Repository
  /** Why the server as a whole is not ready, or undefined if it is. */
  notReady(): string | undefined
}

const MODEL = '/v2/models/:model'
const VERSION = `${MODEL}/versions/:version`

/** The whole of what is served, one line a route. */
export function routes({ repository, notReady }: RouteContext): readonly Route[] {
  const find = ({ params }: FastifyRequest<ModelRequest>) => repository.find(params.model, params.version)
  const eitherWay = (method: HTTPMethods, suffix: string, handler: Route['handler']): readonly Route[] =>
    [MODEL, VERSION].map((prefix) => ({ method, url: prefix + suffix, handler }))

  return [
    { method: 'GET', url: '/v2', handler: () => serverMetadata },
    { method: 'GET', url: '/v2/health/live', handler: () => ({ live: true }) },
    { method: 'GET', url: '/v2/health/ready', handler: ready },
    { method: 'GET', url: '/v2/models', handler: () => ({ models: repository.names() }) },
    ...eitherWay('GET', '', (request) => modelMetadata(find(request), repository)),
    ...eitherWay('GET', '/ready', (request) => ({ name: find(request).name, ready: true })),
    ...eitherWay('POST', '/infer', async (request, reply) => {
      const { body, timing } = await infer(find(request), request.body, abandonment(reply))
      return reply.header('content-type', 'application/json').header('server-timing', timing).send(body)
    }),
    { method: 'POST', url: '/v2/repository/index', handler: index },
    { method: 'POST', url: '/v2/repository/models/:model/load', handler: load },
    { method: 'POST', url: '/v2/repository/models/:model/unload', handler: unload },
  ]

  function ready() {
    const reason = notReady()
    if (reason !== undefined) throw new ProtocolError('unavailable', reason)
    return { ready: true }
  }

  function index({ body }: FastifyRequest<ModelRequest>) {
    const { ready } = body === undefined ? {} : asObject(parseJsonBody(body), 'The request')
    return repository.index().filter((entry) => ready !== true || entry.state === 'READY')
  }

  async function load({ params }: FastifyRequest<ModelRequest>) {
    await repository.load(params.model)
    return {}
  }

  function unload(): never {
    throw new ProtocolError('unsupported', 'This server does not unload models yet')
  }
}

/** Aborts when the connection closes before the answer went out: nobody is left to compute it for. */
function abandonment({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new ProtocolError('unavailable', 'The caller closed the connection'))
  })
  return gone.signal
}
