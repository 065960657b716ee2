import { isDatatype } from '@astraapi/oip'
import { AstraError } from '../../kernel/errors.ts'
import type { TensorSignature, TensorSpec } from '../../kernel/tensors.ts'

/**
 * Reads `inputs` and `outputs` of a model's metadata. Throws `upstream_failed` when they are not as the protocol says, and
 * `invalid_manifest` when the model cannot be served item by item.
 */
export function readSignature(inputs: unknown, outputs: unknown): TensorSignature {
  return { inputs: readSpecs(inputs, 'input'), outputs: readSpecs(outputs, 'output') }
}

function readSpecs(specs: unknown, role: string): readonly TensorSpec[] {
  if (!Array.isArray(specs)) throw malformed(`the metadata has no list "${role}s"`)
  if (specs.length === 0) throw unfit(`it declares no ${role}s (for MLServer: "${role}s" in its model-settings.json)`)
  return specs.map((spec) => readSpec(spec, role))
}

function readSpec(spec: unknown, role: string): TensorSpec {
  const { name, datatype, shape } = (spec ?? {}) as Partial<Record<keyof TensorSpec, unknown>>
  if (typeof name !== 'string' || name === '' || name === '__proto__') throw malformed(`an ${role} has no usable name`)
  if (!isDatatype(datatype)) throw malformed(`${role} ${name} has no datatype of the protocol`)
  if (!isShape(shape)) throw malformed(`${role} ${name} has no shape`)
  if (shape[0] !== -1 && shape[0] !== 1) {
    throw unfit(`${role} ${name} has shape [${shape}]: its first dimension must be the batch, -1 or 1`)
  }
  return { name, datatype, shape }
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= -1)
}

function malformed(reason: string): AstraError {
  return new AstraError('upstream_failed', { detail: "The model's metadata cannot be read", reason })
}

function unfit(message: string): AstraError {
  const detail = `The model cannot be served: ${message}`
  return new AstraError('invalid_manifest', { detail, violations: [{ path: 'model', message }] })
}
