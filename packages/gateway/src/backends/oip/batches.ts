import { elementCount, groupItems, type ItemGroup, startBatch, type Tensor, type TensorData } from '@astraapi/oip'
import type { Item } from '../../kernel/answer.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { TensorSignature } from '../../kernel/tensors.ts'

/** Items that share one request. */
export interface Batch {
  /** Which inputs they are; row r of each tensor belongs to input `places[r]`. */
  readonly places: readonly number[]
  readonly tensors: readonly Tensor[]
}

/**
 * Sorts inputs into batches: those whose variable dimensions agree go together, unless the signature fixes the first
 * dimension, which allows one row at a time. An item that does not fit is put into `items` as an error at its place.
 */
export function toBatches(signature: TensorSignature, inputs: readonly unknown[], items: Item[]): readonly Batch[] {
  const batchable = [...signature.inputs, ...signature.outputs].every(({ shape }) => shape[0] === -1)
  const groups = groupItems(signature.inputs, inputs)
  const batches: Batch[] = []
  for (const { dims, places } of batchable ? groups : groups.flatMap(singly)) {
    const filling = startBatch(signature.inputs, dims, places.length)
    const fitting = places.filter((place) => {
      const violations = filling.add(inputs[place])
      if (!violations) return true
      const [first] = violations
      const detail = `The input does not fit the model's tensors: ${first?.path} ${first?.message}`
      items[place] = { error: new AstraError('invalid_input', { detail, violations }) }
      return false
    })
    if (fitting.length > 0) batches.push({ places: fitting, tensors: filling.tensors() })
  }
  return batches
}

function singly({ dims, places }: ItemGroup): readonly ItemGroup[] {
  return places.map((place) => ({ dims, places: [place] }))
}

/** The same items, each in a batch of its own. */
export function toSingles({ places, tensors }: Batch): readonly Batch[] {
  return places.map((place, row) => ({
    places: [place],
    tensors: tensors.map((tensor) => {
      const dims = tensor.shape.slice(1)
      const size = elementCount(dims)
      return { ...tensor, shape: [1, ...dims], data: tensor.data.slice(row * size, (row + 1) * size) as TensorData }
    }),
  }))
}
