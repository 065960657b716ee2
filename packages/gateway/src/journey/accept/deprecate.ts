import type { FastifyReply } from 'fastify'
import type { Deprecation } from '../../kernel/catalog-state.ts'

/** RFC 9745 (a structured-field date, seconds) and RFC 8594 (an HTTP date). Set where answers that are written past Fastify have them, too. */
export function deprecate({ raw }: FastifyReply, deprecated: Deprecation | undefined): void {
  if (!deprecated) return
  raw.setHeader('deprecation', `@${Math.floor(Date.parse(deprecated.since) / 1000)}`)
  if (deprecated.sunset) raw.setHeader('sunset', new Date(deprecated.sunset).toUTCString())
}
