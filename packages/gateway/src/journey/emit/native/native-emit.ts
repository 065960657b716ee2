import type { FastifyReply } from 'fastify'
import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import { addCacheHeaders } from '../cache-headers.ts'
import { type HeaderList, headersIn } from '../header-list.ts'
import { addRateLimits } from '../limit-headers.ts'
import { problemMediaType, problemOf } from '../problem.ts'
import { serverTiming } from '../server-timing.ts'
import { writeWhole } from '../write-whole.ts'
import { writeEventStream } from './event-stream.ts'
import { wholeAnswerBody } from './whole-answer.ts'

/** How answers leave by the native door. */
export const nativeEmit = {
  whole(reply: FastifyReply, answer: WholeAnswer, batch: boolean): FastifyReply {
    const headers: HeaderList = ['astra-call-id', answer.callId, 'server-timing', serverTiming(answer.timing)]
    addRateLimits(headers, answer.limits)
    addCacheHeaders(headers, answer.cache)
    return writeWhole(reply, headers, 'application/json; charset=utf-8', wholeAnswerBody(answer, batch))
  },

  async stream(reply: FastifyReply, answer: StreamAnswer): Promise<FastifyReply> {
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    const headers: HeaderList = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-store']
    headers.push('astra-call-id', answer.callId)
    addRateLimits(headers, answer.limits)
    addCacheHeaders(headers, answer.cache)
    // nginx would else collect chunks before it passes them on.
    headers.push('x-accel-buffering', 'no')
    reply.raw.writeHead(200, headers)
    reply.hijack()
    await writeEventStream(reply.raw, answer)
    return reply
  },

  error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply {
    const { status, headers, body } = problemOf(error, callId)
    // A call's refusal is to cost less than an answer.
    if (callId !== undefined) return writeWhole(reply, headers, problemMediaType, body, status)
    return reply.code(status).headers(headersIn(headers)).header('content-type', problemMediaType).send(body)
  },
}
