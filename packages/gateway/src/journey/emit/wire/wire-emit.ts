import type { FastifyReply } from 'fastify'
import type { StreamWriter } from '../../../dialects/dialect.ts'
import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import { type AstraError, publicError } from '../../../kernel/errors.ts'
import type { LimitStatus } from '../../../kernel/limits.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { rateLimitHeaders } from '../limit-headers.ts'
import { writeWhole } from '../write-whole.ts'
import { type Advice, type ToldError, tellError } from './tell-error.ts'
import { answerHeaders, wireErrorHeaders } from './wire-headers.ts'
import { writeStream } from './write-stream.ts'

const json = 'application/json'
const none: Readonly<Record<string, string>> = {}

/** In what one protocol differs from another as its answers leave. */
export interface WireForm {
  /** Its name of the header that has the call's id. */
  readonly idHeader: string
  readonly advice?: Advice
  /** Limits in the protocol's own headers. `now`: ms since the Unix epoch. */
  limits(met: readonly LimitStatus[], now: number): Readonly<Record<string, string>>
  /** The body of an error. */
  error(told: ToldError, callId: string | undefined): object
  /** The event that ends a stream which broke off. */
  errorEvent(told: ToldError, callId: string, dialect: Dialect, last: Buffer | string): string
}

/** How answers leave by the doors that speak a language model's protocol. */
export function wireEmit({ idHeader, advice, limits, error: errorBody, errorEvent }: WireForm, now = Date.now) {
  const limitsOf = (met: readonly LimitStatus[] | undefined) => (met && met.length > 0 ? limits(met, now()) : none)
  const headersOf = (answer: WholeAnswer | StreamAnswer) =>
    Object.assign(answerHeaders(answer, idHeader), rateLimitHeaders(answer.limits), limitsOf(answer.limits))
  return {
    whole(reply: FastifyReply, answer: WholeAnswer, body: Buffer | string): FastifyReply {
      return writeWhole(reply, headersOf(answer), json, body)
    },

    async stream(
      reply: FastifyReply,
      answer: StreamAnswer,
      { dialect, writer }: { readonly dialect: Dialect; readonly writer: () => StreamWriter },
    ): Promise<FastifyReply> {
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      reply.raw.writeHead(200, {
        ...headersOf(answer),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // nginx would else collect chunks before it passes them on.
        'x-accel-buffering': 'no',
      })
      reply.hijack()
      const { callId } = answer
      await writeStream(reply.raw, answer, writer, (error, last) =>
        errorEvent(tellError(error, callId, advice), callId, dialect, last),
      )
      return reply
    },

    error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply {
      const shown = publicError(error)
      const told = tellError(error, callId, advice, shown)
      // A refusal is to cost less than an answer.
      if (callId !== undefined) {
        const headers = Object.assign(wireErrorHeaders(error, callId, idHeader, shown), limitsOf(error.facts.limits))
        return writeWhole(reply, headers, json, JSON.stringify(errorBody(told, callId)), told.status)
      }
      return reply
        .code(told.status)
        .headers(wireErrorHeaders(error, callId, idHeader))
        .header('content-type', json)
        .send(JSON.stringify(errorBody(told, callId)))
    },
  }
}
