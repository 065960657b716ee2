import { chooseEncoding, compress, type Encoded } from '@astraapi/oip'
import type { FastifyReply } from 'fastify'
import type { WholeAnswer } from '../../../kernel/answer.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import { addCacheHeaders } from '../cache-headers.ts'
import { type HeaderList, headersIn } from '../header-list.ts'
import { addRateLimits } from '../limit-headers.ts'
import { errorHeaders } from '../problem.ts'
import { serverTiming } from '../server-timing.ts'
import { errorText } from './error-text.ts'
import { inferBody } from './infer-body.ts'

const json = 'application/json'

/** The protocol knows 400, 404, 405, 500, 501, 503 and 504; HTTP's own 401, 403 and 413 stay what they are. */
const statuses: Readonly<Record<number, number>> = { 406: 400, 409: 503, 410: 404, 422: 400, 502: 500 }

/** How answers leave by the door of the Open Inference Protocol. */
export const oipEmit = {
  body: inferBody,

  async answer(reply: FastifyReply, answer: WholeAnswer, { body, headerLength }: Encoded): Promise<FastifyReply> {
    const encoding = chooseEncoding(reply.request.headers['accept-encoding'], body.length)
    const sent = encoding ? await compress(body, encoding) : body
    const headers: HeaderList = []
    addRateLimits(headers, answer.limits)
    addCacheHeaders(headers, answer.cache)
    reply
      .header('content-type', headerLength === undefined ? json : 'application/octet-stream')
      .header('astra-call-id', answer.callId)
      .header('server-timing', serverTiming(answer.timing))
      .headers(headersIn(headers))
    if (headerLength !== undefined) reply.header('inference-header-content-length', headerLength)
    if (encoding)
      reply
        .header('content-encoding', encoding)
        .header('vary', [reply.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', '))
    return reply.send(sent)
  },

  error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply {
    return reply
      .code(statuses[error.status] ?? error.status)
      .headers(headersIn(errorHeaders(error, callId)))
      .header('content-type', json)
      .send(JSON.stringify({ error: errorText(error, callId) }))
  },
}
