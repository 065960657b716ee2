import { DATATYPES, type Datatype, isDatatype, type TensorData } from './datatype.ts'
import { flatten } from './flatten.ts'
import { asObject, type JsonObject } from './json-body.ts'
import { invalid, ProtocolError, quote } from './protocol-error.ts'
import { elementCount, type Signature, shapeFits, type Tensor, type TensorSpec } from './tensor.ts'

/** An inference request that holds to the model's signature. */
export interface InferRequest {
  readonly id: string | undefined
  /** In the signature's order. */
  readonly inputs: readonly Tensor[]
  /** Names, in the order in which they are to be answered. */
  readonly outputs: readonly string[]
}

/** Checks a parsed request against a signature, before anything runs. Throws a 400 that names the tensor. */
export function readInferRequest(body: unknown, signature: Signature): InferRequest {
  const request = asObject(body, 'The request')
  const { id } = request
  if (id !== undefined && typeof id !== 'string') throw invalid('The id must be a string')
  const inputs = readInputs(request.inputs, signature.inputs)
  return { id, inputs, outputs: readOutputs(request.outputs, signature.outputs) }
}

function readInputs(value: unknown, specs: readonly TensorSpec[]): readonly Tensor[] {
  const given = named(value, specs, 'input')
  const tensors = specs.map((spec) => {
    const raw = given.get(spec.name)
    if (raw === undefined) throw invalid(`Input ${quote(spec.name)} is missing`)
    return readInput(raw, spec)
  })
  checkBatch(tensors, specs)
  return tensors
}

/** The objects of a list by their name; each name must be known and stand once. */
function named(
  value: unknown,
  specs: readonly TensorSpec[],
  kind: 'input' | 'output',
): ReadonlyMap<string, JsonObject> {
  if (!Array.isArray(value)) throw invalid(`The ${kind}s must be an array of tensors`)
  const found = new Map<string, JsonObject>()
  for (const [index, item] of value.entries()) {
    const tensor = asObject(item, `The ${kind} at index ${index}`)
    const { name } = tensor
    if (typeof name !== 'string') throw invalid(`The ${kind} at index ${index} has no name`)
    if (found.has(name)) throw invalid(`The ${kind} ${quote(name)} stands twice`)
    if (!specs.some((spec) => spec.name === name)) {
      const known = specs.map((spec) => spec.name).join(', ')
      throw invalid(`The model has no ${kind} ${quote(name)}; its ${kind}s are: ${known}`)
    }
    found.set(name, tensor)
  }
  return found
}

function readInput(raw: JsonObject, spec: TensorSpec): Tensor {
  const label = `Input ${quote(spec.name)}`
  const { name, datatype } = spec
  if (!isDatatype(raw.datatype)) throw invalid(`${label} has no known datatype: ${quote(raw.datatype)}`)
  if (raw.datatype !== datatype) throw invalid(`${label} is ${raw.datatype}, but the model takes ${datatype}`)
  const shape = readShape(raw.shape, spec, label)
  return { name, datatype, shape, data: readData(raw, datatype, shape, label) }
}

function readShape(value: unknown, spec: TensorSpec, label: string): readonly number[] {
  const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && Number(size) >= 0
  if (!Array.isArray(value) || !value.every(isSize)) {
    throw invalid(`${label} needs a shape of non-negative integers, not ${quote(value)}`)
  }
  if (!shapeFits(value, spec.shape)) {
    throw invalid(`${label} has shape ${quote(value)}, but the model takes ${quote(spec.shape)} (-1 is any size)`)
  }
  return value
}

function readData(raw: JsonObject, datatype: Datatype, shape: readonly number[], label: string): TensorData {
  refuseBinary(raw, label)
  const { json } = DATATYPES[datatype]
  if (json === undefined) throw invalid(`${label} is ${datatype}, which has no JSON form`)
  if (!Array.isArray(raw.data)) throw invalid(`${label} needs its data as an array`)
  const elements = isNested(raw.data) ? flattenData(raw.data, shape, label) : raw.data
  if (elements.length !== elementCount(shape)) {
    throw invalid(`${label} has ${elements.length} elements, but shape ${quote(shape)} holds ${elementCount(shape)}`)
  }
  const data = json.pack(elements)
  if (typeof data === 'number') {
    throw invalid(`${label} has ${quote(elements[data])} at element ${data}; ${datatype} takes ${json.expects}`)
  }
  return data
}

function isNested(data: readonly unknown[]): boolean {
  return Array.isArray(data[0])
}

function flattenData(data: readonly unknown[], shape: readonly number[], label: string): readonly unknown[] {
  const elements: unknown[] = []
  const fault = flatten(data, [...shape], elements)
  if (fault !== undefined) throw invalid(`${label} has shape ${quote(shape)}, but its nested data ${fault}`)
  return elements
}

function refuseBinary(raw: JsonObject, label: string): void {
  const { parameters } = raw
  if (typeof parameters === 'object' && parameters !== null && Object.hasOwn(parameters, 'binary_data_size')) {
    throw new ProtocolError('unsupported', `${label} is sent in binary, which is not supported: send its data as JSON`)
  }
}

/** Inputs whose first dimension is variable carry the batch there, and must agree on it. */
function checkBatch(tensors: readonly Tensor[], specs: readonly TensorSpec[]): void {
  const batched = tensors.filter((_, index) => specs[index]?.shape[0] === -1)
  const [first] = batched
  const other = batched.find((tensor) => tensor.shape[0] !== first?.shape[0])
  if (first === undefined || other === undefined) return
  throw invalid(
    `Inputs ${quote(first.name)} and ${quote(other.name)} differ in batch size: ${first.shape[0]} and ${other.shape[0]}`,
  )
}

function readOutputs(value: unknown, specs: readonly TensorSpec[]): readonly string[] {
  const asked = value === undefined ? [] : [...named(value, specs, 'output').keys()]
  const outputs = asked.length === 0 ? specs.map((spec) => spec.name) : asked
  for (const { name, datatype } of specs) {
    if (outputs.includes(name) && DATATYPES[datatype].json === undefined) {
      throw invalid(`Output ${quote(name)} is ${datatype}, which has no JSON form; ask for other outputs`)
    }
  }
  return outputs
}
