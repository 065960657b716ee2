import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type IdentifyPorts, identify } from '../journey/admit/identify.ts'
import { originHeaders, preflight, strangerHeaders } from '../journey/admit/origins.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Caller } from '../kernel/caller.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { AstraError, toAstraError } from '../kernel/errors.ts'
import { callRoutes, openPaths } from './door-paths.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
  }
}

export interface IdentifyRequests {
  readonly identify: IdentifyPorts
  readonly catalog: () => Catalog
  readonly metrics: Metrics
  /** In the form of the door that the path belongs to. */
  readonly refuse: (reply: FastifyReply, error: AstraError) => void
}

/** Before a byte of a body is read: who calls, and from whose page. Synchronous for every caller that is known. */
export function identifyRequests(http: FastifyInstance, ports: IdentifyRequests): void {
  const { catalog, metrics } = ports
  http.decorateRequest('caller', undefined)

  function admit(request: FastifyRequest, reply: FastifyReply, caller: Caller): void {
    const { origin, host } = request.headers
    if (origin !== undefined) setHeaders(reply, originHeaders(origin, host, caller, catalog()))
    request.caller = caller
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
    const error = toAstraError(thrown)
    const { origin } = request.headers
    if (callRoutes.has(request.routeOptions.url ?? '')) {
      metrics.received()
      metrics.refusedUnidentified(error.code)
    }
    if (origin !== undefined && error.code !== 'origin_forbidden') setHeaders(reply, strangerHeaders(origin, catalog()))
    // Nobody knows whose body it is: it is not read, and the connection not held open for it.
    if (sendsBody(request)) reply.header('connection', 'close')
    ports.refuse(reply, error)
  }

  http.addHook('onRequest', (request, reply, done) => {
    try {
      const allowed = request.method === 'OPTIONS' ? preflight(request.headers, catalog()) : undefined
      if (allowed) return void reply.code(204).headers(allowed).send()
      if (openPaths.has(request.routeOptions.url ?? '')) return done()
      const caller = identify(request.headers, ports.identify, request)
      if (caller instanceof Promise) {
        return void caller
          .then((found) => admit(request, reply, found))
          .then(
            () => done(),
            (thrown) => refuse(request, reply, thrown),
          )
      }
      admit(request, reply, caller)
    } catch (thrown) {
      return refuse(request, reply, thrown)
    }
    done()
  })
}

/** The caller that the hook above found. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new AstraError('unauthenticated')
  return request.caller
}

/** On the raw answer: streams and bare writes leave past Fastify. */
function setHeaders({ raw }: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) raw.setHeader(name, headers[name] ?? '')
}

function sendsBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
