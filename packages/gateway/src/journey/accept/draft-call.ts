import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from '../../kernel/call.ts'
import type { Clock } from '../../kernel/clock.ts'
import { LeaveSignal } from './leave-signal.ts'
import { traceFrom } from './trace.ts'

/** What a path and its door tell of a call. */
export type CallOutline = Pick<Call, 'door' | 'model' | 'major' | 'batch' | 'stream' | 'allOrNothing'>

/** A call that its door fills in step by step: once it is served nobody changes it. */
export type DraftCall = { -readonly [Member in keyof Call]: Call[Member] }

/** The call as far as its request line and headers tell; enough for a Record should the rest be unreadable. */
export function draftCall(request: FastifyRequest, reply: FastifyReply, clock: Clock, outline: CallOutline): DraftCall {
  const id = clock.id()
  return {
    ...outline,
    id,
    inputs: [],
    options: {},
    receivedAt: clock.now(),
    startedAt: clock.elapsed(),
    trace: traceFrom(request.headers, id),
    signal: new LeaveSignal(reply.raw),
  }
}
