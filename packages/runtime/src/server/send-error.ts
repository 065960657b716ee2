import type { IncomingHttpHeaders } from 'node:http'
import { PROTOCOL_ERROR_STATUS, ProtocolError } from '@astraapi/oip'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'

/** Answers with `{"error": "…"}`. Only the public message goes out; what is behind a failure goes to the log. */
export function sendError(reply: FastifyReply, error: unknown, log: Logger): FastifyReply {
  const { code, message, retryAfterMs } = toProtocolError(error)
  const status = PROTOCOL_ERROR_STATUS[code]
  logFailure(reply.request, error, log)
  // Only where the server is merely busy: a client tells by it that the model is there.
  if (retryAfterMs !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  return reply.code(status).send({ error: message })
}

/** What is behind a failure, where it is one of the server's. */
export function logFailure(
  { method, url, headers }: Pick<FastifyRequest, 'method' | 'url' | 'headers'>,
  error: unknown,
  log: Logger,
): void {
  const { code, message, cause } = toProtocolError(error)
  if (code === 'internal') log.error({ method, url, ...callerIds(headers), err: cause }, message)
}

const CALL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** By which a gateway's operator finds the call. Only what has the form: the headers are anybody's text. */
function callerIds(headers: IncomingHttpHeaders): { readonly callId?: string; readonly traceId?: string } {
  const callId = headers['astra-call-id']
  const [, traceId] = TRACE_PARENT.exec(String(headers.traceparent)) ?? []
  return {
    ...(typeof callId === 'string' && CALL_ID.test(callId) && { callId }),
    ...(traceId !== undefined && { traceId }),
  }
}

/** An error as the protocol tells it; one that nobody foresaw is `internal`. */
export function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  const status = statusOf(error)
  if (error instanceof Error && status >= 400 && status < 500) return new ProtocolError('invalid', error.message)
  return new ProtocolError('internal', 'Internal error; the log of the runtime says more', { cause: error })
}

function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
}
