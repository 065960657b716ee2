import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DialectCodec, JsonObject, StreamWriter } from '../../../dialects/dialect.ts'
import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import type { DoorName } from '../../../kernel/call.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import type { KnownBodies } from '../known-bodies.ts'
import type { OwnWords } from './own-words.ts'

/** What a door that speaks a language model's protocol is given. */
export interface WireDoor {
  readonly context: DoorContext
  readonly emit: WireEmit
  readonly codecs: Readonly<Record<Dialect, DialectCodec>>
  readonly callerOf: (request: FastifyRequest) => Caller
  /** What a call of this name would meet. Throws what the call would be refused with. */
  readonly lookUp: (name: NamedContract, caller: Caller) => { readonly contract: Contract }
  /** Every contract that the caller may call. Throws `forbidden`. */
  readonly contracts: (caller: Caller) => readonly Contract[]
  /** A body may be as large as the largest contract takes, and at least this large: its model is known only once it was read. */
  readonly bodyBytesMax: number
  /** Of the words in a JSON value, estimated; the work is bounded however large it is. */
  readonly countTokens: (value: unknown) => number | Promise<number>
  /** Of what goes wrong once a call has its Record: operators find the reason in the log. */
  readonly report: (error: AstraError) => void
}

/** How answers leave by such a door; handed in, as accept and emit do not know each other. */
export interface WireEmit {
  whole(reply: FastifyReply, answer: WholeAnswer, body: Buffer | string): FastifyReply
  /** Resolves when everything was written, or the caller has gone. */
  stream(reply: FastifyReply, answer: StreamAnswer, telling: StreamTelling): Promise<FastifyReply>
  error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply
}

export interface StreamTelling {
  readonly dialect: Dialect
  /** For a stream that is not relayed. */
  readonly writer: () => StreamWriter
}

/** One path of a door. */
export interface WireRoute {
  readonly door: DoorName
  readonly codec: DialectCodec
  readonly optionsIn: (body: JsonObject) => BodyOptions
  /** Left out: none that a backend could fail to carry. */
  readonly words?: OwnWords
  /** As `WireRequest.here`. */
  readonly here?: (body: JsonObject) => Promise<unknown>
}

export interface MountedRoute extends WireRoute {
  readonly known: KnownBodies<JsonObject>
}

/** The call options that a protocol has fields for, unread. */
export interface BodyOptions {
  readonly unit?: unknown
  readonly tags?: unknown
}

export interface NamedContract {
  readonly model: string
  readonly major: number | undefined
}
