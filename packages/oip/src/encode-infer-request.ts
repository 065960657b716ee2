import { type Encoded, encodeBody } from './encode-body.ts'
import type { Tensor } from './tensor.ts'

export interface OutgoingRequest {
  readonly id?: string | undefined
  readonly inputs: readonly Tensor[]
  /** Names; all of the model's if left out. */
  readonly outputs?: readonly string[] | undefined
  /** Whether every input is sent in binary, and every output asked for in it. */
  readonly binary: boolean
}

/** A request for a server. Throws `invalid` for half precision that is not binary. */
export function encodeInferRequest({ id, inputs, outputs, binary }: OutgoingRequest): Encoded {
  const label = id === undefined ? '' : `"id":${JSON.stringify(id)},`
  const wish = binary ? '"parameters":{"binary_data_output":true},' : ''
  const wanted = outputs === undefined ? '' : `"outputs":${JSON.stringify(outputs.map((name) => ({ name })))},`
  const tensors = inputs.map((tensor) => ({ tensor, binary }))
  return encodeBody(`{${label}${wish}${wanted}"inputs":[`, tensors, ']}')
}
