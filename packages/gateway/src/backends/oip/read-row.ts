import type { Violation } from '../../kernel/errors.ts'
import { childPath, isJsonObject } from '../../kernel/schema/facets.ts'
import type { Datatype, TensorSpec } from '../../kernel/tensors.ts'

/** One item's field as a tensor's row: its elements row-major, and its own dimensions (the batch dimension left out). */
export interface Row {
  readonly dims: readonly number[]
  readonly values: readonly unknown[]
}

/**
 * Reads field `spec.name` of an item: nested arrays, one level for each dimension after the first; `[-1]` takes a lone
 * value, and so does a row that holds just one element, e.g. `[-1, 1]`. What does not fit comes back as a Violation,
 * its path a JSON Pointer within the item.
 */
export function readRow(item: unknown, spec: TensorSpec): Row | Violation {
  const path = childPath('', spec.name)
  if (!isJsonObject(item) || !Object.hasOwn(item, spec.name)) return { path, message: 'is missing' }
  const value = item[spec.name]
  const dims = spec.shape.slice(1)
  const values: unknown[] = []
  const lone = !Array.isArray(value) && dims.every((size) => size === 1)
  const fault = lone ? readElement(value, spec.datatype, values) : readLevel(value, spec.datatype, 0, dims, values)
  if (fault) return { path: path + fault.path, message: fault.message }
  return { dims: dims.map((size) => Math.max(size, 0)), values }
}

/** Variable dimensions take the size first met: `dims` is filled in on the way. */
function readLevel(
  value: unknown,
  datatype: Datatype,
  level: number,
  dims: number[],
  values: unknown[],
): Violation | undefined {
  const size = dims[level]
  if (size === undefined) return readElement(value, datatype, values)
  if (!Array.isArray(value)) return { path: '', message: 'must be an array' }
  if (size === -1) dims[level] = value.length
  else if (size !== value.length) {
    return { path: '', message: `must have ${size} elements, not ${value.length}` }
  }
  for (let i = 0; i < value.length; i++) {
    const fault = readLevel(value[i], datatype, level + 1, dims, values)
    if (fault) return { path: `/${i}${fault.path}`, message: fault.message }
  }
  return undefined
}

function readElement(value: unknown, datatype: Datatype, values: unknown[]): Violation | undefined {
  const { fits, needs } = elements[datatype]
  if (!fits(value)) return { path: '', message: `must be ${needs}` }
  values.push(value)
  return undefined
}

interface Element {
  readonly fits: (value: unknown) => boolean
  readonly needs: string
}

/**
 * Ranges are held here because servers differ: some wrap 300 round to 44 in a UINT8 rather than refuse it. Of 64 bits only
 * those integers are taken that JSON.parse has surely not rounded.
 */
const elements: Readonly<Record<Datatype, Element>> = {
  BOOL: { fits: (value) => typeof value === 'boolean', needs: 'true or false' },
  UINT8: integer(0, 2 ** 8 - 1),
  UINT16: integer(0, 2 ** 16 - 1),
  UINT32: integer(0, 2 ** 32 - 1),
  UINT64: integer(0, Number.MAX_SAFE_INTEGER),
  INT8: integer(-(2 ** 7), 2 ** 7 - 1),
  INT16: integer(-(2 ** 15), 2 ** 15 - 1),
  INT32: integer(-(2 ** 31), 2 ** 31 - 1),
  INT64: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  FP16: { fits: Number.isFinite, needs: 'a number' },
  BF16: { fits: Number.isFinite, needs: 'a number' },
  FP32: {
    fits: (value) => Number.isFinite(value) && Number.isFinite(Math.fround(Number(value))),
    needs: 'an FP32 number',
  },
  FP64: { fits: Number.isFinite, needs: 'a number' },
  BYTES: { fits: (value) => typeof value === 'string', needs: 'a string' },
}

function integer(least: number, most: number): Element {
  const fits = (value: unknown) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most
  return { fits, needs: `an integer from ${least} to ${most}` }
}
