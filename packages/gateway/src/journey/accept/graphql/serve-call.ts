import { hash } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { Answer } from '../../../kernel/answer.ts'
import type { Call, CallOptions } from '../../../kernel/call.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import type { DoorContext } from '../../../kernel/door.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import type { LimitStatus } from '../../../kernel/limits.ts'
import { optionsFromHeaders, optionsFromObject } from '../call-options.ts'
import { traceFrom } from '../trace.ts'

export type ReportFault = (fault: AstraError) => void

/** What the fields of one HTTP request share; graphql-js hands it to every resolver. */
export interface GraphqlRequest {
  readonly door: DoorContext
  readonly caller: Caller
  /** Where the request came from. */
  readonly address: string
  readonly headers: Readonly<Record<string, unknown>>
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** When the request was received: on the wall clock, and on the monotonic one. */
  readonly receivedAt: number
  readonly startedAt: number
  /** Every call that was made for it. */
  readonly callIds: string[]
  /** The bounds that they met, for headers. */
  readonly met: LimitStatus[]
  /** No call's inputs are longer: the body's length, times the most that the document repeats a part of it. */
  readonly inputBytesMax: number
  /** For faults of this door, which nothing behind it sees. */
  readonly report: ReportFault
}

export type FieldCall = Pick<Call, 'inputs' | 'batch' | 'stream'> & {
  readonly contract: Contract
  readonly options: Readonly<Record<string, unknown>> | null | undefined
}

/**
 * Each field is a Call of its own, with its own id and Record. Rejects with a GraphQLError that holds the AstraError and, in its
 * extensions, the call's id.
 */
export async function serveCall(request: GraphqlRequest, field: FieldCall): Promise<Answer> {
  const { door, caller, headers } = request
  const { contract, inputs, batch, stream } = field
  const id = door.clock.id()
  request.callIds.push(id)
  const call: Call = {
    id,
    door: 'graphql',
    model: contract.model,
    major: contract.major,
    inputs,
    batch,
    stream,
    options: {},
    receivedAt: request.receivedAt,
    startedAt: request.startedAt,
    trace: traceFrom(headers, id),
    signal: request.signal,
  }
  let served = false
  try {
    const options = { ...headerOptions(request), ...optionsFromObject(field.options) }
    limitBody(inputs, contract.limits, request)
    served = true
    const answer = await door.serve({ ...call, options }, caller)
    if (answer instanceof AstraError) throw answer
    request.met.push(...(answer.limits ?? []))
    return answer
  } catch (thrown) {
    const error = toAstraError(thrown)
    request.met.push(...(error.facts.limits ?? []))
    if (!served) door.refuse(call, caller, error)
    throw callError(error, id)
  }
}

/** An Idempotency-Key names one call: of several in one request each has its own, by its place among them. */
function headerOptions({ headers, callIds }: GraphqlRequest): CallOptions {
  const options = optionsFromHeaders(headers)
  const { idempotencyKey } = options
  if (idempotencyKey === undefined || callIds.length === 1) return options
  // Hashed, as any text may be the key of another call.
  const key = hash('sha256', JSON.stringify([idempotencyKey, callIds.length]), 'base64url')
  return { ...options, idempotencyKey: key }
}

/** The request's body is all calls' together: only what is longer than a contract allows is worth measuring, call by call. */
function limitBody(
  inputs: Call['inputs'],
  { bodyBytesMax }: Contract['limits'],
  { inputBytesMax }: GraphqlRequest,
): void {
  if (inputBytesMax <= bodyBytesMax) return
  let bytes = 0
  for (const input of inputs) bytes += Buffer.byteLength(JSON.stringify(input ?? null))
  if (bytes <= bodyBytesMax) return
  throw new AstraError('body_too_large', {
    detail: `The call's input has ${bytes} bytes; at most ${bodyBytesMax} are allowed`,
  })
}

/** For what can only be wrong in the gateway itself. */
export function callFault({ report }: GraphqlRequest, reason: string, callId: string): GraphQLError {
  const fault = new AstraError('internal', { reason })
  report(fault)
  return callError(fault, callId)
}

/** The message is the emitter's to choose: this one never leaves the process. */
export function callError(thrown: unknown, callId: string): GraphQLError {
  const error = toAstraError(thrown)
  return new GraphQLError(error.message, { originalError: error, extensions: { callId } })
}
