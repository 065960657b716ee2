import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerFacts, JsonObject } from '../../../dialects/dialect.ts'
import type { Answer, Item, WholeAnswer } from '../../../kernel/answer.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { optionsFromHeaders } from '../call-options.ts'
import { deprecate } from '../deprecate.ts'
import { type DraftCall, draftCall } from '../draft-call.ts'
import { readModelName } from '../model-name.ts'
import { withBodyOptions } from './body-options.ts'
import { inOwnWords } from './own-words.ts'
import { modelIn, readSent, readWire, type SentBody } from './read-wire.ts'
import type { MountedRoute, WireDoor } from './wire-door.ts'

const outline = { model: '', major: undefined, batch: false, allOrNothing: true, stream: false } as const
const nothing: JsonObject = {}

/**
 * One request as it becomes a call and then an answer. Its call is filled step by step, so that the Record of one that cannot be read
 * tells as much as could be.
 */
export class WireCall {
  readonly call: DraftCall
  readonly caller: Caller
  readonly #reply: FastifyReply
  readonly #door: WireDoor
  readonly #route: MountedRoute
  /** As the caller wrote it. */
  #name = ''
  #sent: SentBody | undefined
  #contract: Contract | undefined
  #told: string | undefined
  #hasRecord = false
  #answered = false

  constructor(request: FastifyRequest, reply: FastifyReply, door: WireDoor, route: MountedRoute) {
    this.#reply = reply
    this.#door = door
    this.#route = route
    this.caller = door.callerOf(request)
    this.call = draftCall(request, reply, door.context.clock, { door: route.door, ...outline })
  }

  /** Before the body: what is refused for these costs no upload. Throws `invalid_option`. */
  readHeaders({ headers }: FastifyRequest): void {
    this.call.options = optionsFromHeaders(headers)
  }

  /** From here on whoever serves the call keeps its Record. Throws what the request is refused with. */
  read(bytes: Buffer): DraftCall {
    const { call } = this
    const route = this.#route
    const sent = readSent(bytes, route.known)
    this.#sent = sent
    this.#name = modelIn(sent.body)
    call.model = this.#name
    call.options = withBodyOptions(call.options, route.optionsIn(sent.body))
    const { model, major } = readModelName(this.#name)
    call.model = model
    call.major = major
    const { contract } = this.#door.lookUp(call, this.caller)
    this.#contract = contract
    const { batch, stream, wire } = readWire(sent, contract, route, this.#door.codecs)
    call.batch = batch
    call.stream = stream
    call.wire = wire
    // Bound: of an arrow function here, dead ones were kept until the next full collection, and all of their call with them.
    call.tell = this.#tell.bind(this)
    this.#hasRecord = true
    return call
  }

  #tell({ relayed, items, usage }: WholeAnswer): void {
    if (relayed) return
    const { accept } = this.#route.codec
    this.#told = JSON.stringify(accept.writeAnswer(items.map(outputOf), { ...this.#facts(), usage }))
  }

  #facts(): Omit<AnswerFacts, 'usage'> {
    const { id: callId, receivedAt } = this.call
    const created = Math.floor(receivedAt / 1000)
    return { callId, model: this.#name, created, request: this.#sent?.body ?? nothing }
  }

  /** A promise for a stream alone. */
  write(answer: Answer | AstraError): FastifyReply | Promise<FastifyReply> {
    const { emit } = this.#door
    if (answer instanceof AstraError) return this.#refuse(answer)
    this.#answered = true
    const sent = this.#sent
    const contract = this.#contract
    if (!sent || !contract) throw new AstraError('internal', { reason: 'a call was answered that was not read' })
    this.#route.known.keep(sent.bytes, sent.body, answer)
    deprecate(this.#reply, contract.deprecated)
    const { accept, name: dialect } = this.#route.codec
    if (answer.kind === 'stream') {
      return emit.stream(this.#reply, answer, { dialect, writer: () => writerOf(accept.writeStream?.(this.#facts())) })
    }
    if (this.call.wire?.here && !answer.relayed) this.#reply.raw.setHeader('astra-estimated', 'true')
    const whole = answer.relayed ?? this.#told
    if (whole === undefined) throw new AstraError('internal', { reason: 'the journey ended without an answer told' })
    return emit.whole(this.#reply, answer, whole)
  }

  fail(thrown: unknown): FastifyReply {
    const error = toAstraError(thrown)
    const { context, report } = this.#door
    if (!this.#hasRecord) context.refuse(this.call, this.caller, error)
    if (this.#answered) report(error)
    return this.#refuse(error)
  }

  #refuse(error: AstraError): FastifyReply {
    const { words = {} } = this.#route
    return this.#door.emit.error(this.#reply, inOwnWords(error, words, this.#sent?.body ?? nothing), this.call.id)
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
