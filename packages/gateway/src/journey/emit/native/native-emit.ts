import type { FastifyReply } from 'fastify'
import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import { cacheHeaders } from '../cache-headers.ts'
import { rateLimitHeaders } from '../limit-headers.ts'
import { problemMediaType, problemOf } from '../problem.ts'
import { serverTiming } from '../server-timing.ts'
import { writeWhole } from '../write-whole.ts'
import { writeEventStream } from './event-stream.ts'
import { wholeAnswerBody } from './whole-answer.ts'

/** How answers leave by the native door. */
export const nativeEmit = {
  whole(reply: FastifyReply, answer: WholeAnswer, batch: boolean): FastifyReply {
    const headers = {
      'astra-call-id': answer.callId,
      'server-timing': serverTiming(answer.timing),
      ...rateLimitHeaders(answer.limits),
      ...cacheHeaders(answer.cache),
    }
    return writeWhole(reply, headers, 'application/json; charset=utf-8', wholeAnswerBody(answer, batch))
  },

  async stream(reply: FastifyReply, answer: StreamAnswer): Promise<FastifyReply> {
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'astra-call-id': answer.callId,
      ...rateLimitHeaders(answer.limits),
      ...cacheHeaders(answer.cache),
      // nginx would else collect chunks before it passes them on.
      'x-accel-buffering': 'no',
    })
    reply.hijack()
    await writeEventStream(reply.raw, answer)
    return reply
  },

  error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply {
    const { status, headers, body } = problemOf(error, callId)
    // A call's refusal is to cost less than an answer.
    if (callId !== undefined) return writeWhole(reply, headers, problemMediaType, body, status)
    return reply.code(status).headers(headers).header('content-type', problemMediaType).send(body)
  },
}
