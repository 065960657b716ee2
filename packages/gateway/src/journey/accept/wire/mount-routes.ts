import type { FastifyInstance } from 'fastify'
import type { JsonObject } from '../../../dialects/dialect.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { KnownBodies } from '../known-bodies.ts'
import { serveWire } from './serve-wire.ts'
import type { WireDoor, WireRoute } from './wire-door.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route is there to say why its path is not served. */
    readonly refused?: true
  }
}

/** A path of the protocol that is not served, and what to do instead. Methods left out: all. */
export interface RefusedPath {
  readonly path: string
  readonly methods?: readonly string[]
  readonly next: string
}

export function mountCalls(http: FastifyInstance, prefix: string, door: WireDoor, routes: readonly WireRoute[]): void {
  const known = new KnownBodies<JsonObject>()
  for (const one of routes) {
    const route = { ...one, known }
    http.post(prefix + route.codec.path, (request, reply) => serveWire(request, reply, door, route))
  }
}

/** A client that tries them learns why they are not there, which "no such path" would not tell. */
export function mountRefused(http: FastifyInstance, prefix: string, refused: readonly RefusedPath[]): void {
  for (const { path, methods = everyMethod, next } of refused) {
    http.route({
      method: [...methods],
      url: prefix + path,
      config: { refused: true },
      handler: (request) => {
        const [sent = ''] = request.url.split('?')
        throw new AstraError('unsupported', {
          detail: `${request.method} ${sent.slice(0, 200)} is not supported`,
          next,
        })
      },
    })
  }
}

/** Without HEAD, which comes along with GET. */
const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
