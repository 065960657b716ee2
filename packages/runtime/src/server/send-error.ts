import { PROTOCOL_ERROR_STATUS, ProtocolError } from '@astraapi/oip'
import type { FastifyReply } from 'fastify'
import type { Logger } from 'pino'

/** Answers with `{"error": "…"}`. Only the public message goes out; what is behind a failure goes to the log. */
export function sendError(reply: FastifyReply, error: unknown, log: Logger): FastifyReply {
  const { code, message, cause, retryAfterMs } = toProtocolError(error)
  const status = PROTOCOL_ERROR_STATUS[code]
  if (status === 500) log.error({ method: reply.request.method, url: reply.request.url, err: cause }, message)
  // Only where the server is merely busy: a client tells by it that the model is there.
  if (retryAfterMs !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  return reply.code(status).send({ error: message })
}

function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  const status = statusOf(error)
  if (error instanceof Error && status >= 400 && status < 500) return new ProtocolError('invalid', error.message)
  return new ProtocolError('internal', 'Internal error; the log of the runtime says more', { cause: error })
}

function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
}
