import { DATATYPES, type TensorData } from '../datatype.ts'
import { elementCount, type Tensor, type TensorSpec } from '../tensor.ts'
import { type Cells, ELEMENT_FORMS, type ElementForm } from './element-form.ts'
import type { ItemViolation } from './misfit.ts'
import type { RowDims } from './row-dims.ts'

/** Tensors that are filled item by item. */
export interface Batch {
  /** The item becomes the next row; one that does not fit becomes none, and everything wrong with it comes back. */
  add(item: unknown): readonly ItemViolation[] | undefined
  /** What was added. */
  tensors(): readonly Tensor[]
}

/** Room for `rowsMax` rows of the dimensions given. Elements go straight into typed arrays, and are checked on the way. */
export function startBatch(specs: readonly TensorSpec[], dims: RowDims, rowsMax: number): Batch {
  const columns = specs.map((spec, t) => startColumn(spec, dims[t] ?? [], rowsMax))
  let rows = 0
  return {
    add(item) {
      let violations: ItemViolation[] | undefined
      for (const column of columns) {
        const fault = writeField(column, item, rows)
        if (fault) violations = [...(violations ?? []), fault]
      }
      if (!violations) rows++
      return violations
    },
    tensors: () =>
      columns.map(({ spec, dims, size, data }) => ({
        name: spec.name,
        datatype: spec.datatype,
        shape: [rows, ...dims],
        data: rows === rowsMax ? data : (data.slice(0, rows * size) as TensorData),
      })),
  }
}

interface Column {
  readonly spec: TensorSpec
  readonly form: ElementForm
  /** Of one row. */
  readonly dims: readonly number[]
  /** Elements of one row. */
  readonly size: number
  /** A value that is no array stands for a row of one element. */
  readonly takesLone: boolean
  readonly data: TensorData
}

function startColumn(spec: TensorSpec, dims: readonly number[], rowsMax: number): Column {
  const { datatype, shape } = spec
  const size = elementCount(dims)
  return {
    spec,
    form: ELEMENT_FORMS[datatype],
    dims,
    size,
    takesLone: shape.every((length, axis) => axis === 0 || length === 1),
    data: DATATYPES[datatype].zeros(rowsMax * size),
  }
}

function writeField(column: Column, item: unknown, row: number): ItemViolation | undefined {
  const { name } = column.spec
  if (!isObject(item) || !Object.hasOwn(item, name)) return { path: pointer(name), message: 'is missing' }
  const value = item[name]
  const lone = column.takesLone && !Array.isArray(value)
  const fault = writeLevel(value, column, lone ? column.dims.length : 0, row * column.size, column.size)
  return fault && { path: pointer(name) + fault.path, message: fault.message }
}

/** `at`: the place of the first element; `size`: how many elements there are at this level and below. */
function writeLevel(
  value: unknown,
  column: Column,
  level: number,
  at: number,
  size: number,
): ItemViolation | undefined {
  const { form, dims, data } = column
  const length = dims[level]
  if (length === undefined) {
    return form.write(value, data as Cells, at) ? undefined : { path: '', message: `must be ${form.needs}` }
  }
  if (!Array.isArray(value)) return { path: '', message: 'must be an array' }
  if (value.length !== length) return { path: '', message: `must have ${length} elements, not ${value.length}` }
  const inner = size / length
  for (let i = 0; i < length; i++) {
    const fault = writeLevel(value[i], column, level + 1, at + i * inner, inner)
    if (fault) return { path: `/${i}${fault.path}`, message: fault.message }
  }
  return undefined
}

function isObject(item: unknown): item is Readonly<Record<string, unknown>> {
  return typeof item === 'object' && item !== null && !Array.isArray(item)
}

/** RFC 6901. */
function pointer(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
