import type { TensorSpec } from '../tensor.ts'

/** For each tensor the dimensions of one row, the batch dimension left out. */
export type RowDims = readonly (readonly number[])[]

/**
 * The dimensions that an item's rows have: those of the specs, a variable one as long as the first array met at its level.
 * Whether the rest of the item agrees is not looked at.
 */
export function rowDims(specs: readonly TensorSpec[], item: unknown): RowDims {
  return specs.map(({ name, shape }) => {
    const dims = shape.slice(1)
    if (!dims.includes(-1)) return dims
    let part = (item as Readonly<Record<string, unknown>> | null | undefined)?.[name]
    return dims.map((size) => {
      const length = size === -1 ? (Array.isArray(part) ? part.length : 0) : size
      part = Array.isArray(part) ? part[0] : undefined
      return length
    })
  })
}

/** Items whose rows have the same dimensions: they can share a batch. */
export interface ItemGroup {
  readonly dims: RowDims
  readonly places: readonly number[]
}

export function groupItems(specs: readonly TensorSpec[], items: readonly unknown[]): readonly ItemGroup[] {
  const varies = specs.some(({ shape }) => shape.includes(-1, 1))
  if (!varies || items.length === 1) return [{ dims: rowDims(specs, items[0]), places: [...items.keys()] }]
  const groups = new Map<string, { dims: RowDims; places: number[] }>()
  for (const [place, item] of items.entries()) {
    const dims = rowDims(specs, item)
    const key = dims.join(';')
    const group = groups.get(key)
    if (group) group.places.push(place)
    else groups.set(key, { dims, places: [place] })
  }
  return [...groups.values()]
}
