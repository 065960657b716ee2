import { DATATYPES, elementCount, flatten, quote, type Tensor, type TensorSpec } from '@astraapi/oip'

/** What a module gets and gives for a tensor: INT64 and UINT64 arrive as bigint, BOOL as boolean, BYTES as string. */
export type Value = string | number | boolean | bigint | readonly Value[]

/** Cuts tensors whose first dimension is the batch into rows. */
export function readRows(tensors: readonly Tensor[]): readonly Readonly<Record<string, Value>>[] {
  const count = tensors[0]?.shape[0] ?? 0
  const readers = tensors.map((tensor) => [tensor.name, rowReader(tensor)] as const)
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(index)])),
  )
}

function rowReader({ datatype, shape, data }: Tensor): (row: number) => Value {
  const sizes = shape.slice(1)
  const stride = elementCount(sizes)
  const element = (index: number): Value => (datatype === 'BOOL' ? data[index] === 1 : (data[index] ?? 0))
  const nest = (depth: number, start: number, length: number): Value => {
    const size = sizes[depth]
    if (size === undefined) return element(start)
    const step = length / size
    return Array.from({ length: size }, (_, index) => nest(depth + 1, start + index * step, step))
  }
  return (row) => nest(0, row * stride, stride)
}

/** Stacks rows into tensors. Throws an Error that names the output and the row that does not hold to its spec. */
export function writeRows(rows: readonly unknown[], specs: readonly TensorSpec[]): readonly Tensor[] {
  return specs.map((spec) => stack(rows, spec))
}

function stack(rows: readonly unknown[], spec: TensorSpec): Tensor {
  const { name, datatype, shape } = spec
  const label = `Output ${quote(name)}`
  const sizes = shape.slice(1)
  const elements: unknown[] = []
  for (const [index, row] of rows.entries()) {
    const fault = flatten(valueIn(row, name, index), sizes, elements)
    if (fault !== undefined) throw new Error(`${label} of row ${index} is declared as ${quote(shape)}, but ${fault}`)
  }
  const source = DATATYPES[datatype].module
  const data = source?.pack(elements)
  if (data === undefined || typeof data === 'number') {
    throw new Error(
      `${label} has ${show(elements[data ?? 0])} at element ${data}; ${datatype} takes ${source?.expects}`,
    )
  }
  return { name, datatype, shape: [rows.length, ...sizes.map((size) => Math.max(size, 0))], data }
}

function valueIn(row: unknown, name: string, index: number): unknown {
  if (typeof row !== 'object' || row === null) throw new Error(`Row ${index} is ${show(row)}, not an object`)
  const value: unknown = Reflect.get(row, name)
  if (value === undefined) throw new Error(`Output ${quote(name)} is missing in row ${index}`)
  return value
}

function show(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : quote(value)
}
