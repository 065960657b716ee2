import { DATATYPES, isDatatype, quote } from '@astraapi/oip'

/** Checks what a module declares. Throws an Error that names the tensor. */
export function checkSignature(signature: unknown): void {
  if (!isRecord(signature)) throw new Error('model.signature must be an object with inputs and outputs')
  checkTensors(signature.inputs, 'inputs')
  checkTensors(signature.outputs, 'outputs')
}

function checkTensors(specs: unknown, list: string): void {
  if (!Array.isArray(specs) || specs.length === 0) throw new Error(`signature.${list} must name at least one tensor`)
  const seen = new Set<unknown>()
  for (const [index, spec] of specs.entries()) {
    checkTensor(spec, `signature.${list}[${index}]`)
    if (seen.has(spec.name)) throw new Error(`signature.${list} names ${quote(spec.name)} twice`)
    seen.add(spec.name)
  }
}

function checkTensor(spec: unknown, label: string): void {
  if (!isRecord(spec) || typeof spec.name !== 'string' || spec.name === '') throw new Error(`${label} has no name`)
  const { name, datatype, shape } = spec
  // A row is an object with its tensors' names as keys.
  if (name === '__proto__') throw new Error(`${label} cannot be called __proto__`)
  if (!isDatatype(datatype) || DATATYPES[datatype].module === undefined) {
    throw new Error(`${label} (${name}) has datatype ${quote(datatype)}, which a module cannot have`)
  }
  const isSize = (size: unknown) => Number.isSafeInteger(size) && Number(size) >= -1
  if (!Array.isArray(shape) || shape[0] !== -1 || !shape.every(isSize)) {
    throw new Error(`${label} (${name}) has shape ${quote(shape)}; it must be [-1, …], the first being the batch`)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
