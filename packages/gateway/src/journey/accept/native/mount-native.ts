import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, StreamAnswer } from '../../../kernel/answer.ts'
import type { Call } from '../../../kernel/call.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { optionsFromHeaders } from '../call-options.ts'
import { deprecate } from '../deprecate.ts'
import { type DraftCall, draftCall } from '../draft-call.ts'
import { readBody } from '../json-body.ts'
import { KnownBodies } from '../known-bodies.ts'
import { type PredictBody, readPredictBody } from './predict-body.ts'
import { type StreamWish, streamWish } from './stream-wish.ts'

/** How answers leave by this door; handed in, as accept and emit do not know each other. */
export interface NativeEmit {
  whole(reply: FastifyReply, answer: Answer & { kind: 'whole' }, batch: boolean): FastifyReply
  stream(reply: FastifyReply, answer: StreamAnswer): Promise<FastifyReply>
  error(reply: FastifyReply, error: AstraError, callId: string): FastifyReply
}

export interface NativeDoor {
  readonly context: DoorContext
  readonly emit: NativeEmit
  readonly callerOf: (request: FastifyRequest) => Caller
  /** For models that a body limit of their own is not known of. */
  readonly bodyBytesMax: number
}

interface Params {
  readonly model: string
  readonly major: string
}

/** `POST /models/{model}/v{major}/predict`. */
export function mountNative(http: FastifyInstance, door: NativeDoor): void {
  const known = new KnownBodies<PredictBody>()
  http.post<{ Params: Params }>('/models/:model/:major/predict', async (request, reply) => {
    const { context, emit } = door
    const caller = door.callerOf(request)
    // Filled step by step, so that the Record of a call that cannot be read tells as much as could be.
    const call = draft(request, reply, context)
    let served = false
    try {
      // Before the body: a bad option costs no upload, and the Record of a bad body has its reference.
      if (call.major === 0) throw noMajor(request.params.major)
      call.options = optionsFromHeaders(request.headers)
      const { repeatable, body } = await readSent(request, call, caller, door, known)
      call.inputs = body.inputs
      call.batch = body.batch
      call.stream = streams(streamWish(request.headers.accept), call, context)
      served = true
      const answer = await context.serve(call, caller)
      if (answer instanceof AstraError) return emit.error(reply, answer, call.id)
      if (repeatable) known.keep(repeatable, body, answer)
      deprecate(reply, contractOf(context, call)?.deprecated)
      return answer.kind === 'whole' ? emit.whole(reply, answer, call.batch) : await emit.stream(reply, answer)
    } catch (thrown) {
      const error = toAstraError(thrown)
      if (!served) context.refuse(call, caller, error)
      return emit.error(reply, error, call.id)
    }
  })
}

function draft(request: FastifyRequest<{ Params: Params }>, reply: FastifyReply, { clock }: DoorContext): DraftCall {
  const { model, major } = request.params
  return draftCall(request, reply, clock, {
    door: 'native',
    model,
    major: /^v[1-9]\d{0,3}$/.test(major) ? Number(major.slice(1)) : 0,
    batch: false,
    stream: streamWish(request.headers.accept) === 'only',
  })
}

/** Where either form is accepted, a stream is the answer to one input of a contract that streams. */
function streams(wish: StreamWish, call: Call, context: DoorContext): boolean {
  if (wish === 'rather') return !call.batch && (contractOf(context, call)?.streams ?? false)
  return wish === 'only'
}

interface SentBody {
  /** Its bytes, where the contract has a cache: others are let go before the call is served. */
  readonly repeatable?: Buffer
  readonly body: PredictBody
}

async function readSent(
  request: FastifyRequest,
  call: Call,
  { consumer }: Caller,
  { context, bodyBytesMax }: NativeDoor,
  known: KnownBodies<PredictBody>,
): Promise<SentBody> {
  const contract = contractOf(context, call)
  const limit = contract?.limits.bodyBytesMax ?? bodyBytesMax
  const bytes = await readBody(request.raw, request.headers['content-length'], limit, consumer)
  if (!contract?.cache) return { body: readPredictBody(bytes) }
  return { repeatable: bytes, body: known.find(bytes) ?? readPredictBody(bytes) }
}

function noMajor(text: string): AstraError {
  return new AstraError('unknown_major', {
    detail: `"${text.slice(0, 64)}" is no major version`,
    next: 'Write it like v1.',
  })
}

function contractOf({ catalog }: DoorContext, { model, major }: Call): Contract | undefined {
  return major === undefined ? undefined : catalog().model(model)?.contracts.get(major)
}
