import type { IncomingMessage } from 'node:http'
import { ProtocolError, quote, readContentEncoding } from '@astraapi/oip'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { countRefusal } from './count-refusal.ts'
import { createBodyReader } from './read-body.ts'
import { type ModelRequest, type Route, type RouteContext, routes } from './routes.ts'
import { sendError } from './send-error.ts'

export interface AppOptions extends RouteContext {
  readonly bodyBytesMax: number
  /** Of all bodies that are being read at one time. */
  readonly allBodyBytesMax?: number
}

// A body that takes longer to come is not worth its connection.
const REQUEST_MS_MAX = 120_000
const CONNECTIONS_MAX = 4096
const ALL_BODY_BYTES_MAX = 512 * 2 ** 20

/** The HTTP side: routes, raw bodies, and every error in the protocol's own shape. */
export function createApp(options: AppOptions): FastifyInstance {
  const { bodyBytesMax, allBodyBytesMax = Math.max(ALL_BODY_BYTES_MAX, bodyBytesMax), ...context } = options
  const { log } = context
  const app = fastify({
    requestTimeout: REQUEST_MS_MAX,
    // A name as long as the header allows is still only an unknown name: 404, and not the router's own error.
    routerOptions: { maxParamLength: 65_536 },
    frameworkErrors: (error, _request, reply) => void sendError(reply, error, log),
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.removeAllContentTypeParsers()
  const readBody = createBodyReader(bodyBytesMax, allBodyBytesMax)
  app.addContentTypeParser('*', ({ headers }: FastifyRequest, body: IncomingMessage) => readBody(body, headers))
  app.setErrorHandler((error, request, reply) => {
    countRefusal(context.repository, request, reply, error)
    return sendError(reply, error, log)
  })
  app.setNotFoundHandler(({ method, url }) => {
    throw new ProtocolError('not-found', `There is no ${method} ${quote(url)}`)
  })
  app.addHook('onRequest', async ({ raw }) => {
    // Protocol clients send none, or anything at all; Fastify would answer 415 to a malformed one.
    delete raw.headers['content-type']
    // An encoding that is not known is refused before the body is read.
    readContentEncoding(raw.headers['content-encoding'])
  })
  closeConnectionsWhenStopping(app)
  addRoutes(app, routes(context))
  return app
}

/** The connection of a request that was in flight would otherwise stay open until its keep-alive runs out. */
function closeConnectionsWhenStopping(app: FastifyInstance): void {
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) reply.header('connection', 'close')
    done(null, payload)
  })
}

/** Adds the routes, and for the methods that a path does not know a 405 that names those it does. */
function addRoutes(app: FastifyInstance, all: readonly Route[]): void {
  for (const route of all) app.route<ModelRequest>(route)
  for (const [url, group] of Map.groupBy(all, (route) => route.url)) {
    const allowed = group.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    const refuse = async () => {
      throw new ProtocolError('method-not-allowed', `This path takes ${allowed.join(' or ')} only`)
    }
    app.route({
      url,
      method: app.supportedMethods.filter((method) => !allowed.includes(method)),
      // Before the body is read: there is nothing to do with it.
      onRequest: async (_request, reply) => {
        reply.header('allow', allowed.join(', '))
        return refuse()
      },
      handler: refuse,
    })
  }
}
