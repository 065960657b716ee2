import type { TensorSpec } from '@astraapi/oip'
import type { Contract } from '../../../kernel/catalog.ts'
import type { ContractRevision } from '../../../kernel/catalog-state.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { propertyOf, typesOf } from '../../../kernel/schema/facets.ts'
import type { TensorSignature } from '../../../kernel/tensors.ts'

/** How a contract's calls stand as tensors. */
export interface TensorForm {
  readonly signature: TensorSignature
  /** The inputs as the contract's items have them: a column whose field is a lone value is told as [-1]. */
  readonly itemSpecs: readonly TensorSpec[]
  /** The first dimension of some tensor is fixed at 1. */
  readonly oneRow: boolean
}

const forms = new WeakMap<ContractRevision, TensorForm>()

/** Throws `no_tensors`, which says where to call the contract instead. */
export function tensorFormOf({ model, major, published }: Contract): TensorForm {
  const known = forms.get(published)
  if (known) return known
  const { tensors: signature, input } = published
  if (!signature) {
    throw new AstraError('no_tensors', {
      detail: `${model}@v${major} has no tensor signature, so it cannot be called by this protocol`,
      next: `Call it at POST /models/${model}/v${major}/predict, or by GraphQL.`,
    })
  }
  const itemSpecs = signature.inputs.map((spec) => {
    const field = propertyOf(input, spec.name)
    const lone = field !== undefined && typesOf(field)?.[0] !== 'array'
    return lone ? { ...spec, shape: spec.shape.slice(0, 1) } : spec
  })
  const oneRow = [...signature.inputs, ...signature.outputs].some(({ shape }) => shape[0] === 1)
  const form = { signature, itemSpecs, oneRow }
  forms.set(published, form)
  return form
}
