import { asObject, invalid, type JsonObject, ProtocolError, parseJsonBody, quote } from '@astraapi/oip'
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Logger } from 'pino'
import type { LoadedVersion } from '../repository/loaded-version.ts'
import type { Repository } from '../repository/repository.ts'
import { answerGenerate, streamGenerate } from './answer-generate.ts'
import { answerInfer } from './answer-infer.ts'
import { modelConfig, modelMetadata, serverMetadata } from './metadata.ts'

export interface ModelRequest {
  readonly Params: { readonly model: string; readonly version?: string }
  readonly Body: Uint8Array | undefined
  readonly Headers: {
    readonly 'inference-header-content-length'?: string
    readonly 'accept-encoding'?: string
    readonly 'endpoint-load-metrics-format'?: string
  }
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
  /** In Prometheus' text format. */
  metrics(): Promise<string>
  readonly log: Logger
}

const MODEL = '/v2/models/:model'
const VERSION = `${MODEL}/versions/:version`

/** The whole of what is served, one line a route. */
export function routes({ repository, notReady, metrics, log }: RouteContext): readonly Route[] {
  const find = ({ params }: FastifyRequest<ModelRequest>) => repository.find(params.model, params.version)
  const eitherWay = (method: HTTPMethods, suffix: string, handler: Route['handler']): readonly Route[] =>
    [MODEL, VERSION].map((prefix) => ({ method, url: prefix + suffix, handler }))

  return [
    { method: 'GET', url: '/metrics', handler: showMetrics },
    { method: 'GET', url: '/v2', handler: () => serverMetadata },
    { method: 'GET', url: '/v2/health/live', handler: () => ({ live: true }) },
    { method: 'GET', url: '/v2/health/ready', handler: ready },
    { method: 'GET', url: '/v2/models', handler: () => ({ models: repository.names() }) },
    ...eitherWay('GET', '', (request) => modelMetadata(find(request), repository)),
    ...eitherWay('GET', '/ready', (request) => modelReady(find(request))),
    ...eitherWay('GET', '/config', (request) => modelConfig(find(request))),
    ...eitherWay('POST', '/infer', (request, reply) => answerInfer(find(request), repository, request, reply)),
    ...eitherWay('POST', '/generate', (request, reply) => answerGenerate(find(request), repository, request, reply)),
    ...eitherWay('POST', '/generate_stream', (request, reply) =>
      streamGenerate(find(request), repository, request, reply, log),
    ),
    { method: 'POST', url: '/v2/repository/index', handler: index },
    { method: 'POST', url: '/v2/repository/models/:model/load', handler: load },
    { method: 'POST', url: '/v2/repository/models/:model/unload', handler: unload },
  ]

  function ready(_request: FastifyRequest<ModelRequest>, reply: FastifyReply) {
    reply.header('astra-model-state', repository.state())
    const reason = notReady()
    if (reason !== undefined) throw new ProtocolError('unavailable', reason)
    return { ready: true }
  }

  function modelReady(loaded: LoadedVersion) {
    const { name, version } = loaded
    const reason = loaded.fault()
    if (reason === undefined) return { name, ready: true }
    throw new ProtocolError('unavailable', `Version ${version} of ${name} is not ready: ${reason}`)
  }

  function index({ body }: FastifyRequest<ModelRequest>) {
    const { ready } = readObject(body)
    if (ready !== undefined && typeof ready !== 'boolean')
      throw invalid(`${quote(ready)} is not true or false for ready`)
    return repository.index().filter((entry) => ready !== true || entry.state === 'READY')
  }

  async function load({ params, body }: FastifyRequest<ModelRequest>) {
    const { parameters = {} } = readObject(body)
    const [override] = Object.keys(asObject(parameters, 'The parameters'))
    if (override !== undefined) throw new ProtocolError('unsupported', `${quote(override)} ${NO_OVERRIDES}`)
    await repository.load(params.model)
    return {}
  }

  /** Its one parameter, `unload_dependents`, means nothing here: no model depends on another. */
  async function unload({ params }: FastifyRequest<ModelRequest>) {
    await repository.unload(params.model)
    return {}
  }

  async function showMetrics(_request: FastifyRequest<ModelRequest>, reply: FastifyReply) {
    return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metrics())
  }
}

const NO_OVERRIDES =
  'cannot be given with a load: put the files into the repository, and load the model without parameters'

function readObject(body: Uint8Array | undefined): JsonObject {
  return body === undefined || body.length === 0 ? {} : asObject(parseJsonBody(body), 'The request')
}
