import type { Encoded } from '@astraapi/oip'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallOptions } from '../../../kernel/call.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { optionsFromHeaders } from '../call-options.ts'
import { deprecate } from '../deprecate.ts'
import { draftCall } from '../draft-call.ts'
import { readModelName } from '../model-name.ts'
import type { ModelRequest, OipDoor } from './oip-door.ts'
import { readInfer } from './read-infer.ts'

/** `POST …/models/{model}[/versions/{version}]/infer`: one call, each row an item of it. */
export async function infer(
  request: FastifyRequest<ModelRequest>,
  reply: FastifyReply,
  { context, emit, callerOf, lookUp, report }: OipDoor,
): Promise<FastifyReply> {
  const caller = callerOf(request)
  const name = request.params.model
  const outline = {
    door: 'oip',
    model: name,
    major: undefined,
    batch: true,
    allOrNothing: true,
    stream: false,
  } as const
  // Filled step by step, so that the Record of a call that cannot be read tells as much as could be.
  let call = draftCall(request, reply, context.clock, outline)
  const told: { body?: Encoded } = {}
  let hasRecord = false
  let answered = false
  try {
    call = { ...call, ...readModelName(name) }
    // Before the body: what is refused for these costs no upload, and the Record of a bad body has its reference.
    call = { ...call, options: readOptions(request) }
    const { contract } = lookUp({ model: call.model, major: call.major, version: undefined }, caller)
    const wish = await readInfer(request, caller, contract)
    call = {
      ...call,
      inputs: wish.inputs,
      options: withTimeout(call.options, wish.timeoutMs),
      tell: (answer) => {
        told.body = emit.body(answer, name, wish)
      },
    }
    hasRecord = true
    const answer = await context.serve(call, caller)
    if (answer instanceof AstraError) return emit.error(reply, answer, call.id)
    answered = true
    if (answer.kind !== 'whole' || !told.body) {
      throw new AstraError('internal', { reason: 'the journey ended without an answer told as tensors' })
    }
    deprecate(reply, contract.deprecated)
    return await emit.answer(reply, answer, told.body)
  } catch (thrown) {
    const error = toAstraError(thrown)
    if (!hasRecord) context.refuse(call, caller, error)
    if (answered) report(error)
    return emit.error(reply, error, call.id)
  }
}

/** The version in the path is a pin, as the header is one. */
function readOptions({ headers, params }: FastifyRequest<ModelRequest>): CallOptions {
  const options = optionsFromHeaders(headers)
  const { version } = params
  if (version === undefined || options.version === version) return options
  if (options.version === undefined) return { ...options, version }
  throw new AstraError('invalid_option', {
    detail: `Astra-Version says "${options.version}" and the path "${version.slice(0, 64)}"`,
    next: 'Leave one of them out.',
  })
}

function withTimeout(options: CallOptions, timeoutMs: number | undefined): CallOptions {
  return timeoutMs === undefined || options.timeoutMs !== undefined ? options : { ...options, timeoutMs }
}
