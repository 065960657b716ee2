import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../../kernel/caller.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import { type AstraError, toAstraError } from '../../../kernel/errors.ts'
import type { Operation } from '../../../kernel/operation.ts'
import { parseJsonObject, readBody } from '../json-body.ts'
import { entityTags } from './entity-tags.ts'
import { readQuery } from './read-query.ts'

export interface PlatformDoor {
  readonly context: DoorContext
  readonly callerOf: (request: FastifyRequest) => Caller
  readonly error: (reply: FastifyReply, error: AstraError) => FastifyReply
  readonly bodyBytesMax: number
  /** Operators find the reason of what the caller sees as `internal` or `store_unavailable`. */
  readonly report: (error: AstraError) => void
}

/** `/api/v1/…`: one route per operation, derived from its declaration. */
export function mountPlatform(http: FastifyInstance, door: PlatformDoor): void {
  for (const operation of door.context.operations) {
    http.route({
      method: operation.method,
      url: `/api/v1${operation.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      handler: (request, reply) => handle(operation, request, reply, door),
    })
  }
}

async function handle(operation: Operation, request: FastifyRequest, reply: FastifyReply, door: PlatformDoor) {
  try {
    const caller = door.callerOf(request)
    const input = await readInput(operation, request, caller, door.bodyBytesMax)
    const output = await door.context.operate(operation, input, {
      caller,
      address: request.ip,
      ifMatch: entityTags(request.headers['if-match']),
      signal: leaving(reply),
      etag: (value) => reply.header('etag', `"${value}"`),
    })
    return reply.header('cache-control', 'no-store').send(output)
  } catch (thrown) {
    const error = toAstraError(thrown)
    if (error.status >= 500) door.report(error)
    return door.error(reply, error)
  }
}

/** Aborts when the caller goes away before the answer is written. */
function leaving({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Path parameters win over the body's and the query's fields of the same name. */
async function readInput(
  operation: Operation,
  request: FastifyRequest,
  { consumer }: Caller,
  bodyBytesMax: number,
): Promise<unknown> {
  const params = request.params as Record<string, string>
  if (operation.method === 'GET' || operation.method === 'DELETE') {
    return { ...readQuery(operation, request.query as Record<string, unknown>), ...params }
  }
  const bytes = await readBody(request.raw, request.headers['content-length'], bodyBytesMax, consumer)
  return { ...(bytes.length === 0 ? {} : parseJsonObject(bytes)), ...params }
}
