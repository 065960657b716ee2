import type { Encoded } from '@astraapi/oip'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WholeAnswer } from '../../../kernel/answer.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract, Version } from '../../../kernel/catalog.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import type { InferWish } from './read-infer.ts'

/** What this door is given. */
export interface OipDoor {
  readonly context: DoorContext
  readonly emit: OipEmit
  readonly callerOf: (request: FastifyRequest) => Caller
  /** What a call of this name would meet. Throws what the call would be refused with. */
  readonly lookUp: (name: NamedContract, caller: Caller) => FoundContract
  /** Every contract that the caller may call. Throws `forbidden`. */
  readonly contracts: (caller: Caller) => readonly Contract[]
  /** What keeps this gateway from serving just now; empty when it is ready. */
  readonly notReady: () => readonly string[]
  /** Why a version cannot be called just now; undefined when it can. */
  readonly whyUnready: (version: Version) => string | undefined
  /** Of this software. */
  readonly softwareVersion: string
  /** Of what goes wrong once a call has its Record: operators find the reason in the log. */
  readonly report: (error: AstraError) => void
}

/** How answers leave by this door; handed in, as accept and emit do not know each other. */
export interface OipEmit {
  /** `model`: as the caller named it. Throws `invalid_output` when the answer cannot be told as tensors. */
  body(answer: WholeAnswer, model: string, wish: InferWish): Encoded
  answer(reply: FastifyReply, answer: WholeAnswer, body: Encoded): Promise<FastifyReply>
  error(reply: FastifyReply, error: AstraError, callId: string | undefined): FastifyReply
}

export interface NamedContract {
  readonly model: string
  readonly major: number | undefined
  readonly version: string | undefined
}

export interface FoundContract {
  readonly contract: Contract
  /** The one that was named. */
  readonly version: Version | undefined
}

/** The parameters of every path below `/models/{model}`. */
export interface ModelRequest {
  readonly Params: { readonly model: string; readonly version?: string }
}
