import {
  decodeInferRequest,
  decompress,
  type InferRequest,
  type Tensor,
  type TensorSpec,
  tensorsToItems,
  type WantedOutput,
} from '@astraapi/oip'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { holdMembers, readBody } from '../json-body.ts'
import { fromProtocol } from './from-protocol.ts'
import type { ModelRequest } from './oip-door.ts'
import { type TensorForm, tensorFormOf } from './tensor-form.ts'

/** What an infer request says: one input a row, and how its answer shall look. */
export interface InferWish {
  readonly id: string | undefined
  readonly inputs: readonly unknown[]
  /** Triton's parameter `timeout`. */
  readonly timeoutMs: number | undefined
  readonly wanted: readonly WantedOutput[]
  readonly outputSpecs: readonly TensorSpec[]
}

/**
 * Reads the body of an infer request, JSON or binary, compressed or not, against the contract's tensors. Throws `no_tensors`,
 * `invalid_body`, `body_too_large` (compressed or not), `too_many_items` or `unsupported`.
 */
export async function readInfer(
  { raw, headers, params }: FastifyRequest<ModelRequest>,
  { consumer }: Caller,
  contract: Contract,
): Promise<InferWish> {
  const form = tensorFormOf(contract)
  const { bodyBytesMax, itemsMax } = contract.limits
  const sent = await readBody(raw, headers['content-length'], bodyBytesMax, consumer)
  try {
    const body = await decompress(sent, headers['content-encoding'], bodyBytesMax)
    // The protocol clients send a number; Node hands a repeated header on as one text, which is none.
    const headerLength = headers['inference-header-content-length']
    holdMembers(headerLength === undefined ? body : body.subarray(0, Number(headerLength) || 0))
    const request = decodeInferRequest(body, headerLength?.toString(), form.signature)
    const { id, outputs: wanted } = request
    const rows = rowsOf(request.inputs, form, itemsMax)
    const inputs = tensorsToItems(form.itemSpecs, request.inputs, rows)
    return { id, inputs, timeoutMs: readTimeout(request), wanted, outputSpecs: form.signature.outputs }
  } catch (thrown) {
    throw fromProtocol(thrown, `GET /v2/models/${params.model} tells its tensors.`)
  }
}

/** Held before items are made of it: a tensor of no bytes can claim any number of rows. */
function rowsOf([first]: readonly Tensor[], { oneRow }: TensorForm, itemsMax: number): number {
  const rows = first?.shape[0] ?? 1
  if (rows > itemsMax) throw new AstraError('too_many_items', { detail: `At most ${itemsMax} rows fit into one call` })
  if (rows === 1 || (rows > 1 && !oneRow)) return rows
  const detail = rows === 0 ? 'The request holds no row' : 'The model takes one row a request'
  throw new AstraError('invalid_body', { detail, next: 'The first dimension of each shape is the number of rows.' })
}

/** Microseconds, as Triton reads it; 0 is none. */
function readTimeout({ parameters }: InferRequest): number | undefined {
  const { timeout } = parameters
  if (timeout === undefined || timeout === 0) return undefined
  const ms = Number(timeout) / 1000
  if (ms > 0) return Math.min(Math.ceil(ms), 3_600_000)
  throw new AstraError('invalid_option', { detail: 'The parameter "timeout" must be a number of microseconds' })
}
