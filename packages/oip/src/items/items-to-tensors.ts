import type { Tensor, TensorSpec } from '../tensor.ts'
import { MisfitError } from './misfit.ts'
import { rowDims } from './row-dims.ts'
import { startBatch } from './start-batch.ts'

/**
 * Items as one batch: field f of item r is row r of tensor f, nested arrays with one level for each dimension after the
 * first; a lone value where there is none (`[-1]`), or where a row holds just one element (`[-1, 1]`). The first item sets
 * the variable dimensions. Throws a MisfitError at the first item that does not fit.
 */
export function itemsToTensors(specs: readonly TensorSpec[], items: readonly unknown[]): readonly Tensor[] {
  const batch = startBatch(specs, rowDims(specs, items[0]), items.length)
  for (const [place, item] of items.entries()) {
    const violations = batch.add(item)
    if (violations) throw new MisfitError(place, violations)
  }
  return batch.tensors()
}
