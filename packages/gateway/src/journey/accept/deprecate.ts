import type { FastifyReply } from 'fastify'
import type { Deprecation } from '../../kernel/catalog.ts'

/** RFC 9745 (a structured-field date, seconds) and RFC 8594 (an HTTP date). */
export function deprecate(reply: FastifyReply, deprecated: Deprecation | undefined): void {
  if (!deprecated) return
  reply.header('deprecation', `@${Math.floor(Date.parse(deprecated.since) / 1000)}`)
  if (deprecated.sunset) reply.header('sunset', new Date(deprecated.sunset).toUTCString())
}
