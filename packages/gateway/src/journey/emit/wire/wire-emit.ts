import type { FastifyReply } from 'fastify'
import type { StreamWriter } from '../../../dialects/dialect.ts'
import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { type Advice, type ToldError, tellError } from './tell-error.ts'
import { answerHeaders, wireErrorHeaders } from './wire-headers.ts'
import { writeStream } from './write-stream.ts'

const json = 'application/json'

/** In what one protocol differs from another as its answers leave. */
export interface WireForm {
  /** Its name of the header that has the call's id. */
  readonly idHeader: string
  readonly advice?: Advice
  /** The body of an error. */
  error(told: ToldError, callId: string | undefined): object
  /** The event that ends a stream which broke off. */
  errorEvent(told: ToldError, callId: string, dialect: Dialect, last: Buffer | string): string
}

/** How answers leave by the doors that speak a language model's protocol. */
export function wireEmit({ idHeader, advice, error: errorBody, errorEvent }: WireForm) {
  return {
    whole(reply: FastifyReply, answer: WholeAnswer, body: Buffer | string): FastifyReply {
      return reply.headers(answerHeaders(answer, idHeader)).header('content-type', json).send(body)
    },

    async stream(
      reply: FastifyReply,
      answer: StreamAnswer,
      { dialect, writer }: { readonly dialect: Dialect; readonly writer: () => StreamWriter },
    ): Promise<FastifyReply> {
      reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      reply.raw.writeHead(200, {
        ...answerHeaders(answer, idHeader),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // nginx would else collect chunks before it passes them on.
        'x-accel-buffering': 'no',
      })
      const { callId } = answer
      await writeStream(reply.raw, answer, writer, (error, last) =>
        errorEvent(tellError(error, callId, advice), callId, dialect, last),
      )
      return reply
    },

    error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply {
      const told = tellError(error, callId, advice)
      return reply
        .code(told.status)
        .headers(wireErrorHeaders(error, callId, idHeader))
        .header('content-type', json)
        .send(JSON.stringify(errorBody(told, callId)))
    },
  }
}
