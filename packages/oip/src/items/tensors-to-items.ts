import { numberOfBf16 } from '../bf16.ts'
import type { TensorData } from '../datatype.ts'
import { invalid } from '../protocol-error.ts'
import { elementCount, type Tensor, type TensorSpec } from '../tensor.ts'
import { ELEMENT_FORMS, type ElementForm } from './element-form.ts'

/**
 * One item for each row: field f is the row of tensor f, a lone value where the spec says `[-1]`, else nested arrays.
 * Tensors that no spec names are left out. Throws `invalid` when a tensor is missing or does not have `rows` rows, and
 * for a value that JSON does not have: NaN, Infinity, an integer beyond 2^53 - 1.
 */
export function tensorsToItems(
  specs: readonly TensorSpec[],
  tensors: readonly Tensor[],
  rows: number,
): Record<string, unknown>[] {
  const read = itemReader(specs, tensors, rows)
  return Array.from({ length: rows }, (_, row) => read(row))
}

/** The same row by row, so that a row which JSON cannot say spares the others: only the returned function throws for it. */
export function itemReader(
  specs: readonly TensorSpec[],
  tensors: readonly Tensor[],
  rows: number,
): (row: number) => Record<string, unknown> {
  const columns = specs.map((spec) => readColumn(spec, tensors, rows))
  return (row) => {
    const item: Record<string, unknown> = {}
    for (const column of columns) item[column.name] = readLevel(column, 0, row * column.size, column.size)
    return item
  }
}

const hollowMax = 10_000

interface Column {
  readonly name: string
  readonly form: ElementForm
  readonly data: TensorData
  /** Of one row. */
  readonly dims: readonly number[]
  /** Elements of one row. */
  readonly size: number
}

function readColumn({ name, shape }: TensorSpec, tensors: readonly Tensor[], rows: number): Column {
  const tensor = tensors.find((candidate) => candidate.name === name)
  if (!tensor) throw invalid(`tensor ${name} is missing`)
  const { datatype, data } = tensor
  const [length, ...dims] = tensor.shape
  if (length !== rows) throw invalid(`tensor ${name} has ${length} rows, not ${rows}`)
  const form = ELEMENT_FORMS[datatype]
  // Some servers say [-1] and send [n, 1]: the same elements.
  if (shape.length === 1 && data.length === rows) return { name, form, data, dims: [], size: 1 }
  if (dims.length === shape.length - 1) {
    refuseHollow(name, dims, rows)
    return { name, form, data, dims, size: elementCount(dims) }
  }
  throw invalid(`tensor ${name} has shape [${tensor.shape}] where the signature says [${shape}]`)
}

/** A shape like [1, 1000000000, 0] has no bytes, and would still become a billion empty lists. */
function refuseHollow(name: string, dims: readonly number[], rows: number): void {
  const empty = dims.indexOf(0)
  if (empty === -1) return
  const lists = rows * elementCount(dims.slice(0, empty))
  if (lists > hollowMax) throw invalid(`tensor ${name} holds ${lists} empty lists, more than the ${hollowMax} allowed`)
}

function readLevel(column: Column, level: number, at: number, size: number): unknown {
  const { form, data, dims } = column
  const length = dims[level]
  if (length === undefined) return form.read(data, at) ?? refuse(column, at)
  const part = new Array<unknown>(length)
  if (level === dims.length - 1) {
    for (let i = 0; i < length; i++) part[i] = form.read(data, at + i) ?? refuse(column, at + i)
    return part
  }
  const inner = size / length
  for (let i = 0; i < length; i++) part[i] = readLevel(column, level + 1, at + i * inner, inner)
  return part
}

function refuse({ name, form, data, size }: Column, at: number): never {
  const value = form === ELEMENT_FORMS.BF16 ? numberOfBf16(Number(data[at])) : data[at]
  throw invalid(`tensor ${name} holds ${value} in row ${Math.floor(at / size)}, which JSON cannot carry exactly`)
}
