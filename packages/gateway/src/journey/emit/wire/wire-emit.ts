import type { FastifyReply } from 'fastify'
import type { StreamWriter } from '../../../dialects/dialect.ts'
import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import { type AstraError, publicError } from '../../../kernel/errors.ts'
import type { LimitStatus } from '../../../kernel/limits.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { type HeaderList, headersIn } from '../header-list.ts'
import { addRateLimits } from '../limit-headers.ts'
import { writeWhole } from '../write-whole.ts'
import { type Advice, type ToldError, tellError } from './tell-error.ts'
import { ToldRefusals } from './told-refusals.ts'
import { answerHeaders, wireErrorHeaders } from './wire-headers.ts'
import { writeStream } from './write-stream.ts'

const json = 'application/json'

/** In what one protocol differs from another as its answers leave. */
export interface WireForm {
  /** Its name of the header that has the call's id. */
  readonly idHeader: string
  readonly advice?: Advice
  /** Limits in the protocol's own headers. `now`: ms since the Unix epoch. */
  limits(headers: HeaderList, met: readonly LimitStatus[], now: number): void
  /** The body of an error. */
  error(told: ToldError, callId: string | undefined): object
  /** Such bodies have the call's id in them. */
  readonly errorsNameCall: boolean
  /** The event that ends a stream which broke off. */
  errorEvent(told: ToldError, callId: string, dialect: Dialect, last: Buffer | string): string
}

/** How answers leave by the doors that speak a language model's protocol. */
export function wireEmit(form: WireForm, now = Date.now) {
  const { idHeader, advice, limits, error: errorBody, errorEvent, errorsNameCall } = form
  const refusals = new ToldRefusals()
  const withLimits = (headers: HeaderList, met: readonly LimitStatus[] | undefined): HeaderList => {
    if (met && met.length > 0) limits(headers, met, now())
    return headers
  }
  const headersOf = (answer: WholeAnswer | StreamAnswer): HeaderList => {
    const headers = answerHeaders(answer, idHeader)
    addRateLimits(headers, answer.limits)
    return withLimits(headers, answer.limits)
  }
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
      const headers = headersOf(answer)
      headers.push('content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-store')
      // nginx would else collect chunks before it passes them on.
      headers.push('x-accel-buffering', 'no')
      reply.raw.writeHead(200, headers)
      reply.hijack()
      const { callId } = answer
      await writeStream(reply.raw, answer, writer, (error, last) =>
        errorEvent(tellError(error, callId, advice), callId, dialect, last),
      )
      return reply
    },

    error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply {
      const shown = publicError(error)
      const worded = refusals.word(error, () => tellError(error, callId, advice, shown))
      const { told } = worded
      const headers = wireErrorHeaders(error, callId, idHeader, shown)
      const body = worded.body ?? JSON.stringify(errorBody(told, callId))
      if (!errorsNameCall) worded.body = body
      // A refusal is to cost less than an answer.
      if (callId !== undefined) {
        return writeWhole(reply, withLimits(headers, error.facts.limits), json, body, told.status)
      }
      return reply.code(told.status).headers(headersIn(headers)).header('content-type', json).send(body)
    },
  }
}
