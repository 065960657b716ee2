import type { ContractRevision } from '../../kernel/catalog-state.ts'
import { propertyOf } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import type { TensorSignature, TensorSpec } from '../../kernel/tensors.ts'
import { isColumn, type Side, tensorMisfit } from './tensor-schema.ts'

/** Why a version with these tensors cannot implement the revision, each in a sentence about the version. */
export function misfits({ input, output }: ContractRevision, { inputs, outputs }: TensorSignature): string[] {
  const extra = inputs.filter(({ name }) => !propertyOf(input, name))
  return [
    ...extra.map(({ name }) => `needs the input tensor "${name}", which the contract's input has no field for`),
    ...sideMisfits('input', input, inputs),
    ...sideMisfits('output', output, outputs),
  ]
}

function sideMisfits(side: Side, schema: Schema, tensors: readonly TensorSpec[]): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([field, property]) => {
    const tensor = tensors.find(({ name }) => name === field)
    if (!tensor) return [`has no ${side} tensor "${field}"; it has ${tensors.map(({ name }) => name).join(', ')}`]
    const optional = side === 'input' && !schema.required?.includes(field)
    const misfit = optional ? 'must be required: tensors cannot be left out' : tensorMisfit(side, property, tensor)
    return misfit === undefined ? [] : [`does not fit: ${side} field "${field}" ${misfit}`]
  })
}

/**
 * The part of a version's tensors that the revision speaks of: further outputs are none of its business. An output column
 * that stands as a lone value is told as [-1], which is how a lone value is read.
 */
export function usedTensors(
  { input, output }: ContractRevision,
  { inputs, outputs }: TensorSignature,
): TensorSignature {
  return { inputs: named(input, inputs), outputs: named(output, outputs).map((spec) => flattened(output, spec)) }
}

function named(schema: Schema, tensors: readonly TensorSpec[]): readonly TensorSpec[] {
  return tensors.filter(({ name }) => propertyOf(schema, name)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function flattened(output: Schema, spec: TensorSpec): TensorSpec {
  const field = propertyOf(output, spec.name)
  return field && isColumn(field, spec) ? { ...spec, shape: spec.shape.slice(0, 1) } : spec
}

/** The first tensor that is not of the same type and shape in both, as a sentence about `b`. */
export function difference(a: TensorSignature, b: TensorSignature): string | undefined {
  for (const tensor of [...a.inputs, ...a.outputs]) {
    const side = a.inputs.includes(tensor) ? b.inputs : b.outputs
    const other = side.find(({ name }) => name === tensor.name)
    if (other && text(other) !== text(tensor)) {
      return `has tensor "${tensor.name}" as ${text(other)}, which is ${text(tensor)}`
    }
  }
  return undefined
}

function text({ datatype, shape }: TensorSpec): string {
  return `${datatype} [${shape.join(', ')}]`
}
