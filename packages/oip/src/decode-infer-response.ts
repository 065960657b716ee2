import { splitBody } from './body-parts.ts'
import { isDatatype } from './datatype.ts'
import { asObject, mayRound, parseJson } from './json-body.ts'
import { quote } from './protocol-error.ts'
import { fault, isWide, type RawTensor, readRawTensors, withExactData } from './raw-tensor.ts'
import type { Tensor } from './tensor.ts'
import { readData, readShape } from './tensor-data.ts'

export interface InferResult {
  readonly outputs: readonly Tensor[]
}

/**
 * Reads what a server answered. Fields that are not known are passed over, and null among FP32 or FP64 in JSON is NaN;
 * data that does not fill its shape exactly throws `invalid`.
 * @param headerLength the value of `Inference-Header-Content-Length`, if the response has one.
 */
export function decodeInferResponse(body: Uint8Array, headerLength: string | undefined): InferResult {
  const { text, binary } = splitBody(body, headerLength)
  const raw = readRawTensors(asObject(parseJson(text), 'The response').outputs, 'output', binary)
  const outputs = [...raw.values()]
  if (!outputs.some(({ fields }) => isWide(fields)) || !mayRound(text)) return { outputs: outputs.map(readOutput) }
  const exact = withExactData(raw, text, 'outputs')
  return { outputs: outputs.map((output) => readOutput((isWide(output.fields) && exact.get(output.name)) || output)) }
}

function readOutput(raw: RawTensor): Tensor {
  const { datatype } = raw.fields
  if (!isDatatype(datatype)) throw fault(raw, `has no known datatype: ${quote(datatype)}`)
  const shape = readShape(raw)
  return { name: raw.name, datatype, shape, data: readData(raw, datatype, shape, true) }
}
