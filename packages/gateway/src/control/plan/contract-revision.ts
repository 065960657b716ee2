import type { Inspection } from '../../kernel/backend.ts'
import type { ContractRevision } from '../../kernel/catalog.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import type { TensorSignature, TensorSpec } from '../../kernel/tensors.ts'
import type { ManifestContract } from '../manifest/manifest.ts'
import { schemaFromTensors, tensorMisfit } from './tensor-schema.ts'

/** A version's own report of its tensors, with the name to call it by. */
export interface Reported {
  readonly id: string
  readonly tensors: TensorSignature
}

/** The fault stands at the contract (`id` undefined) or at one version. */
export interface RevisionFault {
  readonly id: string | undefined
  readonly message: string
}

/**
 * The contract as the manifest now declares it: from its task, its schemas, or the tensors of the first version that reports
 * them; and its tensor signature, which every version that reports tensors must share.
 */
export function declaredRevision(
  contract: ManifestContract,
  reported: readonly Reported[],
):
  | { readonly revision: ContractRevision; readonly faults: readonly RevisionFault[] }
  | { readonly faults: readonly RevisionFault[] } {
  const [first] = reported
  const schemas = schemasOf(contract, first?.tensors)
  if (!schemas) {
    return {
      faults: [
        { id: undefined, message: 'has no "task" and no schemas, and no version whose tensors would tell them' },
      ],
    }
  }
  if (!first) return { revision: schemas, faults: [] }
  const faults = reported.flatMap(({ id, tensors }) => misfits(schemas, tensors).map((message) => ({ id, message })))
  const signature = usedTensors(schemas, first.tensors)
  for (const { id, tensors } of reported.slice(1)) {
    const difference = differs(signature, usedTensors(schemas, tensors))
    if (difference) faults.push({ id, message: `${difference} than in version ${first.id}` })
  }
  return { revision: { ...schemas, tensors: signature }, faults }
}

function schemasOf(contract: ManifestContract, tensors: Inspection['tensors']): ContractRevision | undefined {
  const task = taskTable[contract.task ?? 'custom']
  const { labels, dimensions } = contract
  const options = { ...(labels ? { labels } : {}), ...(dimensions ? { dimensions } : {}) }
  const input = contract.input ?? task.input ?? (tensors && schemaFromTensors(tensors.inputs))
  const output = contract.output ?? task.output(options) ?? (tensors && schemaFromTensors(tensors.outputs))
  const chunk = contract.streams ? (contract.chunk ?? task.chunk) : undefined
  return input && output ? { input, output, ...(chunk ? { chunk } : {}) } : undefined
}

/** Tensors that no field of the contract names are none of its business, as long as they are outputs. */
function usedTensors({ input, output }: ContractRevision, { inputs, outputs }: TensorSignature): TensorSignature {
  const used = (schema: Schema, tensors: readonly TensorSpec[]) =>
    tensors
      .filter(({ name }) => Object.hasOwn(schema.properties ?? {}, name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  return { inputs: used(input, inputs), outputs: used(output, outputs) }
}

function misfits({ input, output }: ContractRevision, { inputs, outputs }: TensorSignature): string[] {
  const extra = inputs.filter(({ name }) => !Object.hasOwn(input.properties ?? {}, name))
  return [
    ...extra.map(({ name }) => `needs the input tensor "${name}", which the contract's input has no field for`),
    ...sideMisfits('input', input, inputs),
    ...sideMisfits('output', output, outputs),
  ]
}

function sideMisfits(side: 'input' | 'output', schema: Schema, tensors: readonly TensorSpec[]): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([field, property]) => {
    const tensor = tensors.find(({ name }) => name === field)
    if (!tensor) return [`has no ${side} tensor "${field}"; it has ${tensors.map(({ name }) => name).join(', ')}`]
    const misfit = tensorMisfit(property, tensor)
    return misfit ? [`does not fit: ${side} field "${field}" ${misfit}`] : []
  })
}

function differs(a: TensorSignature, b: TensorSignature): string | undefined {
  for (const side of ['inputs', 'outputs'] as const) {
    for (const tensor of a[side]) {
      const other = b[side].find(({ name }) => name === tensor.name)
      if (other && (other.datatype !== tensor.datatype || String(other.shape) !== String(tensor.shape))) {
        return `has tensor "${tensor.name}" of another type or shape (${other.datatype} [${other.shape}], not ${tensor.datatype} [${tensor.shape}])`
      }
    }
  }
  return undefined
}
