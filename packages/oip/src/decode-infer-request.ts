import { splitBody } from './body-parts.ts'
import { DATATYPES, type Datatype, isDatatype } from './datatype.ts'
import { asObject, mayRound, parseJson } from './json-body.ts'
import { type Parameters, readFlag, readParameters } from './parameters.ts'
import { invalid, ProtocolError, quote } from './protocol-error.ts'
import { fault, isWide, type RawTensor, type RawTensors, readRawTensors, withExactData } from './raw-tensor.ts'
import { type Signature, shapeFits, type Tensor, type TensorSpec } from './tensor.ts'
import { readData, readShape } from './tensor-data.ts'

/** An inference request that holds to the model's signature. */
export interface InferRequest {
  readonly id: string | undefined
  readonly parameters: Parameters
  /** In the signature's order. */
  readonly inputs: readonly Tensor[]
  /** In the order in which they are to be answered. */
  readonly outputs: readonly WantedOutput[]
}

export interface WantedOutput {
  readonly name: string
  readonly binary: boolean
}

/**
 * Reads a request and checks it against a signature, before anything runs. Throws a 400 that names the tensor.
 * @param headerLength the value of `Inference-Header-Content-Length`, if the request has one.
 */
export function decodeInferRequest(
  body: Uint8Array | undefined,
  headerLength: string | undefined,
  signature: Signature,
): InferRequest {
  const { text, binary } = splitBody(body, headerLength)
  const request = asObject(parseJson(text), 'The request')
  const { id } = request
  if (id !== undefined && typeof id !== 'string') throw invalid('The id must be a string')
  const parameters = readParameters(request.parameters, () => "The request's parameters")
  const given = readRawTensors(request.inputs, 'input', binary)
  refuseUnknown(given, signature.inputs)
  return {
    id,
    parameters,
    inputs: readInputs(signature.inputs, given, text),
    outputs: readOutputs(request.outputs, signature.outputs, parameters),
  }
}

function refuseUnknown(given: RawTensors, specs: readonly TensorSpec[]): void {
  for (const tensor of given.values()) {
    if (specs.some(({ name }) => name === tensor.name)) continue
    const { kind } = tensor
    const known = specs.map(({ name }) => name).join(', ')
    throw invalid(`The model has no ${kind} ${quote(tensor.name)}; its ${kind}s are: ${known}`)
  }
}

function readInputs(specs: readonly TensorSpec[], given: RawTensors, text: string): readonly Tensor[] {
  const exact = specs.some(isWide) && mayRound(text) ? withExactData(given, text, 'inputs') : given
  const tensors = specs.map((spec) => {
    const raw = (isWide(spec) ? exact : given).get(spec.name)
    if (raw === undefined) throw invalid(`Input ${quote(spec.name)} is missing`)
    return readInput(raw, spec)
  })
  checkBatch(tensors, specs)
  return tensors
}

/** What would change the answer, and is not supported, is refused rather than passed over. */
function readTensorParameters({ kind, name, fields }: RawTensor): Parameters {
  const label = `${kind} ${quote(name)}`
  const parameters = readParameters(fields.parameters, () => `The parameters of ${label}`)
  const other = ['shared_memory_region', 'classification'].find((key) => Object.hasOwn(parameters, key))
  if (other === undefined) return parameters
  throw new ProtocolError(
    'unsupported',
    `The ${label} has the parameter ${other}, which is not supported: leave it out`,
  )
}

function readInput(raw: RawTensor, { name, datatype, shape: declared }: TensorSpec): Tensor {
  if (raw.fields.parameters !== undefined) readTensorParameters(raw)
  const given = raw.fields.datatype
  if (!isDatatype(given)) throw fault(raw, `has no known datatype: ${quote(given)}`)
  if (given !== datatype) throw fault(raw, `is ${given}, but the model takes ${datatype}`)
  const shape = readShape(raw)
  if (!shapeFits(shape, declared)) {
    throw fault(raw, `has shape ${quote(shape)}, but the model takes ${quote(declared)} (-1 is any size)`)
  }
  return { name, datatype, shape, data: readData(raw, datatype, shape) }
}

/** Inputs whose first dimension is variable carry the batch there, and must agree on it. */
function checkBatch(tensors: readonly Tensor[], specs: readonly TensorSpec[]): void {
  if (tensors.length < 2) return
  const batched = tensors.filter((_, index) => specs[index]?.shape[0] === -1)
  const [first] = batched
  const other = batched.find((tensor) => tensor.shape[0] !== first?.shape[0])
  if (first === undefined || other === undefined) return
  throw invalid(
    `Inputs ${quote(first.name)} and ${quote(other.name)} differ in batch size: ${first.shape[0]} and ${other.shape[0]}`,
  )
}

/** An output's own wish for binary or JSON wins over that for the whole request. */
function readOutputs(value: unknown, specs: readonly TensorSpec[], request: Parameters): readonly WantedOutput[] {
  const binary = readFlag(request, 'binary_data_output') ?? false
  const asked = value === undefined ? NO_TENSORS : readRawTensors(value, 'output')
  refuseUnknown(asked, specs)
  const outputs = asked.size === 0 ? specs.map(({ name }) => ({ name, binary })) : [...asked.values()].map(readWanted)
  const speechless = outputs.find((output) => !output.binary && DATATYPES[datatypeOf(output.name)].json === undefined)
  if (speechless === undefined) return outputs
  const { name } = speechless
  throw invalid(
    `Output ${quote(name)} is ${datatypeOf(name)}, which has no JSON form; ask for it with "binary_data": true, or for other outputs`,
  )

  function readWanted(output: RawTensor): WantedOutput {
    const { name } = output
    const parameters = readTensorParameters(output)
    return { name, binary: readFlag(parameters, 'binary_data') ?? binary }
  }

  function datatypeOf(name: string): Datatype {
    return specs.find((spec) => spec.name === name)?.datatype ?? 'BYTES'
  }
}

const NO_TENSORS: RawTensors = new Map()
