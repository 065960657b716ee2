import type { WantedOutput } from './decode-infer-request.ts'
import { type Encoded, encodeBody } from './encode-body.ts'
import type { Tensor } from './tensor.ts'

export interface InferResponse {
  readonly model: string
  readonly version: string
  readonly id?: string | undefined
  readonly outputs: readonly Tensor[]
}

/** A response with the outputs that were asked for, in their order and form. Throws an Error where one is missing. */
export function encodeInferResponse(
  { model, version, id, outputs }: InferResponse,
  wanted: readonly WantedOutput[],
): Encoded {
  const echo = id === undefined ? '' : `,"id":${JSON.stringify(id)}`
  const open = `{"model_name":${JSON.stringify(model)},"model_version":${JSON.stringify(version)}${echo},"outputs":[`
  const tensors = wanted.map(({ name, binary }) => {
    const tensor = outputs.find((output) => output.name === name)
    if (tensor === undefined) throw new Error(`The answer has no output ${name}`)
    return { tensor, binary }
  })
  return encodeBody(open, tensors, ']}')
}
