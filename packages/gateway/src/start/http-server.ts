import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify'
import type { Logger } from 'pino'
import type { IdentifyPorts } from '../journey/admit/identify.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { AstraError, operatorReason, toAstraError } from '../kernel/errors.ts'
import { createUnreadSweep, sweepMs as unreadSweepMs } from './cut-unread.ts'
import { elsewhere, errorFormOf, pathAdvice, type Serves } from './door-paths.ts'
import { identifyRequests } from './identify-requests.ts'
import type { Tls } from './tls.ts'

const connectionsMax = 10_000
const sweepMs = 20

/** For requests that are no HTTP: there is no door that could word it. */
const advice: Readonly<Record<number, string>> = {
  400: 'send an HTTP/1.1 request.',
  408: 'send the request faster.',
  431: 'send fewer or shorter headers.',
}

export interface HttpPorts {
  readonly identify: IdentifyPorts
  readonly catalog: () => Catalog
  readonly metrics: Metrics
  readonly log: Logger
  readonly bodyBytesMax: number
  /** Calls in flight: until they have ended, a stop refuses new ones rather than connections. */
  readonly inFlight: () => number
  /** Left out: all. */
  readonly serves?: Serves
  /** Whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[]
  readonly tls?: Tls | undefined
}

/** The HTTP server without its doors: identification before any body is read, errors in one form, limits on all input. */
export function createHttpServer(ports: HttpPorts): FastifyInstance {
  const { identify, catalog, metrics, log, bodyBytesMax, serves = 'all', trustedProxies = [], tls, inFlight } = ports
  const http = Fastify<Server>({
    ...(tls ? { serverFactory: secured(tls) } : {}),
    // Whoever else sends X-Forwarded-For is not believed.
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: bodyBytesMax,
    forceCloseConnections: 'idle',
    requestTimeout: 120_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 1024 },
    return503OnClosing: false,
    // The hook that waits for readers counts as a plugin, and one that takes longer than 10 s would end the stop without an end.
    pluginTimeout: 0,
    frameworkErrors: (error, _request, reply) => void sendError(reply as FastifyReply, fromFastify(error)),
    clientErrorHandler(error, socket) {
      // Not HTTP, or headers over the limit: there is no request to answer in a door's own form.
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
      if (socket.writable && !socket.destroyed) {
        const body = `${STATUS_CODES[status]}: ${advice[status]}\n`
        socket.end(
          `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
      } else socket.destroy()
    },
  })

  // Each connection can hold a body in memory while it is read.
  http.server.maxConnections = connectionsMax
  const sockets = openSockets(http.server)
  cutUnread(http.server, sockets)
  closeConnectionsWhenStopping(http, sockets, inFlight)
  // Doors read their own bodies, each with its own limit, whatever Content-Type a client sends: Fastify is told that there are none.
  for (const method of http.supportedMethods) http.addHttpMethod(method, { hasBody: false, overrideExisting: true })

  identifyRequests(http, { identify, catalog, metrics, refuse: (reply, error) => void sendError(reply, error) })
  const isServed = watchServed(http)
  http.setNotFoundHandler((request, reply) => sendError(reply, missing(http, request, isServed, serves)))
  http.setErrorHandler((thrown, request, reply) => {
    const error = fromFastify(thrown)
    // What is not supported is the caller's to leave out.
    if (error.status >= 500 && error.code !== 'unsupported')
      log.error({ path: request.url.slice(0, 200), reason: operatorReason(error) }, error.code)
    return sendError(reply, error)
  })
  return http
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Cuts every connection, and lets a stop wait for nothing more. */
    cut?: () => void
  }
}

/** Fastify leaves the timeouts to whoever makes the server. */
function secured(tls: Tls): FastifyServerFactory<Server> {
  return (handler, given) => {
    const { keepAliveTimeout = 0, requestTimeout = 0, connectionTimeout = 0 }: FastifyHttpOptions<Server> = given
    const server = tls.createServer(handler)
    server.keepAliveTimeout = keepAliveTimeout
    server.requestTimeout = requestTimeout
    return server.setTimeout(connectionTimeout)
  }
}

/** By connection, not by answer: that was 2.5 us a call. */
function openSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  // What waits to be written in the clear, a TLS socket alone knows.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

/** Every answer of every door passes here, however it is written. */
function cutUnread(server: Server, sockets: ReadonlySet<Socket>): void {
  const sweep = setInterval(createUnreadSweep(sockets), unreadSweepMs).unref()
  server.once('close', () => clearInterval(sweep))
}

/**
 * A kept-alive connection whose call was in flight would else hold the stop up until it times out. For Node a connection is idle as soon
 * as its answer was written, though a slow reader may not have half of it: those are waited for before any is closed. So are the calls
 * in flight, that whoever comes meanwhile is told when to come again.
 */
function closeConnectionsWhenStopping(
  http: FastifyInstance,
  sockets: ReadonlySet<Socket>,
  inFlight: () => number,
): void {
  let stopping = false
  let cut = false
  const areWritten = () => [...sockets].every(({ writableLength }) => writableLength === 0)
  // For what is written past the hook below.
  http.decorate('isStopping', () => stopping)
  http.decorate('cut', () => {
    cut = true
    http.server.closeAllConnections()
  })
  http.addHook('preClose', async () => {
    stopping = true
    // What comes from now on is refused, and shorter than any socket's buffer.
    while (!cut && (inFlight() > 0 || !areWritten())) await setTimeout(sweepMs)
    // Streams are written past the hook below, and their connection is idle when they have ended.
    const sweep = setInterval(() => {
      if (cut) http.server.closeAllConnections()
      else if (areWritten()) http.server.closeIdleConnections()
    }, sweepMs)
    http.server.once('close', () => clearInterval(sweep))
  })
  http.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) reply.header('connection', 'close')
    done(null, payload)
  })
}

/** An error outside a call, in the form of the door that its path belongs to. */
export function sendError(reply: FastifyReply, error: AstraError): FastifyReply {
  return errorFormOf(reply.request)(reply, error, undefined)
}

type IsServed = (method: string, path: string) => boolean

/** False where a route only says why its path is not served: nobody is to be sent there. */
function watchServed(http: FastifyInstance): IsServed {
  const refused: { readonly methods: readonly string[]; readonly pattern: RegExp }[] = []
  http.addHook('onRoute', ({ config, method, url }) => {
    if (!config?.refused) return
    const pattern = RegExp(`^${url.replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`)
    refused.push({ methods: [method].flat(), pattern })
  })
  return (method, path) => !refused.some(({ methods, pattern }) => methods.includes(method) && pattern.test(path))
}

function missing(http: FastifyInstance, request: FastifyRequest, isServed: IsServed, serves: Serves): AstraError {
  const path = request.url.split('?')[0] ?? ''
  const allowed = http.supportedMethods.filter(
    (method) => http.findRoute({ method: method as 'GET', url: path }) !== null && isServed(method, path),
  )
  if (allowed.length > 0) {
    return new AstraError('method_not_allowed', {
      detail: `${path.slice(0, 200)} takes ${allowed.join(', ')}`,
      next: `Send ${allowed.filter((method) => method !== 'HEAD').join(' or ')} ${path.slice(0, 200)}.`,
      allow: allowed,
    })
  }
  const next = elsewhere(path, serves) ?? pathAdvice(request)
  return new AstraError('unknown_route', {
    detail: `There is nothing at ${request.method} ${path.slice(0, 200)}`,
    ...(next === undefined ? {} : { next }),
  })
}

/** Fastify's own refusals in our words. */
function fromFastify(thrown: unknown): AstraError {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AstraError('body_too_large')
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') {
    return new AstraError('unknown_route', { detail: 'The path cannot be read' })
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AstraError('invalid_body', { detail: 'The request cannot be read', reason: String(code), cause: thrown })
  }
  return toAstraError(thrown)
}
