import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerFacts, JsonObject } from '../../../dialects/dialect.ts'
import type { Item } from '../../../kernel/answer.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { optionsFromHeaders } from '../call-options.ts'
import { deprecate } from '../deprecate.ts'
import { draftCall } from '../draft-call.ts'
import { readModelName } from '../model-name.ts'
import { withBodyOptions } from './body-options.ts'
import { inOwnWords } from './own-words.ts'
import { modelIn, readBytes, readSent, readWire } from './read-wire.ts'
import type { MountedRoute, WireDoor } from './wire-door.ts'

/** Every POST of the doors that speak a language model's protocol: one call, in whatever words. */
export async function serveWire(
  request: FastifyRequest,
  reply: FastifyReply,
  door: WireDoor,
  route: MountedRoute,
): Promise<FastifyReply> {
  const { context, emit, callerOf, lookUp, report } = door
  const caller = callerOf(request)
  const outline = { door: route.door, model: '', major: undefined, batch: false, allOrNothing: true, stream: false }
  // Filled step by step, so that the Record of a call that cannot be read tells as much as could be.
  const call = draftCall(request, reply, context.clock, outline)
  let hasRecord = false
  let answered = false
  let body: JsonObject = {}
  try {
    // Before the body: what is refused for these costs no upload.
    call.options = optionsFromHeaders(request.headers)
    const sent = readSent(await readBytes(request, door), route.known)
    body = sent.body
    const name = modelIn(body)
    call.model = name
    call.options = withBodyOptions(call.options, route.optionsIn(body))
    const { model, major } = readModelName(name)
    call.model = model
    call.major = major
    const { contract } = lookUp(call, caller)
    const created = Math.floor(call.receivedAt / 1000)
    const facts = { callId: call.id, model: name, created, request: body }
    const { accept, name: dialect } = route.codec
    let told: string | undefined
    const { batch, stream, wire } = readWire(sent, contract, route, door.codecs)
    call.batch = batch
    call.stream = stream
    call.wire = wire
    call.tell = ({ relayed, items, usage }) => {
      if (relayed) return
      told = JSON.stringify(accept.writeAnswer(items.map(outputOf), { ...facts, usage } satisfies AnswerFacts))
    }
    hasRecord = true
    const answer = await context.serve(call, caller)
    if (answer instanceof AstraError) return emit.error(reply, inOwnWords(answer, route.words ?? {}, body), call.id)
    answered = true
    route.known.keep(sent.bytes, sent.body, answer)
    deprecate(reply, contract.deprecated)
    if (answer.kind === 'stream') {
      return await emit.stream(reply, answer, { dialect, writer: () => writerOf(accept.writeStream?.(facts)) })
    }
    if (wire.here && !answer.relayed) reply.raw.setHeader('astra-estimated', 'true')
    const whole = answer.relayed ?? told
    if (whole === undefined) throw new AstraError('internal', { reason: 'the journey ended without an answer told' })
    return emit.whole(reply, answer, whole)
  } catch (thrown) {
    const error = toAstraError(thrown)
    if (!hasRecord) context.refuse(call, caller, error)
    if (answered) report(error)
    return emit.error(reply, inOwnWords(error, route.words ?? {}, body), call.id)
  }
}

/** A failed item fails the whole call at these doors, long before. */
function outputOf(item: Item): unknown {
  if ('output' in item) return item.output
  throw item.error
}

function writerOf<Writer>(writer: Writer | undefined): Writer {
  if (writer) return writer
  throw new AstraError('internal', { reason: 'a stream came for a protocol that does not stream' })
}
