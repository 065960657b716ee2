import { dataOfBytes } from './binary-data.ts'
import { DATATYPES, type Datatype, type TensorData } from './datatype.ts'
import { flatten } from './flatten.ts'
import { quote } from './protocol-error.ts'
import { fault, type RawTensor } from './raw-tensor.ts'
import { elementCount } from './tensor.ts'

// As many as NumPy ever took. A tensor of undeclared rank could else have as many as a body has room for, and
// `flatten` goes down by recursion.
const RANK_MAX = 64

export function readShape(tensor: RawTensor): readonly number[] {
  const { shape } = tensor.fields
  const isSize = (size: unknown): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw fault(tensor, `needs a shape of non-negative integers, not ${quote(shape)}`)
  }
  if (shape.length > RANK_MAX) throw fault(tensor, `has ${shape.length} dimensions; ${RANK_MAX} are the most`)
  return shape
}

/**
 * The data of a tensor, which has to fill its shape exactly.
 * @param lenient takes null for NaN, as which servers write what JSON cannot say.
 */
export function readData(tensor: RawTensor, datatype: Datatype, shape: readonly number[], lenient = false): TensorData {
  const count = elementCount(shape)
  if (tensor.bytes === undefined) return readJsonData(tensor, datatype, shape, count, lenient)
  if (tensor.fields.data !== undefined) throw fault(tensor, 'has both data and a binary_data_size: send one of them')
  const data = dataOfBytes(datatype, tensor.bytes, count)
  if ('fault' in data) throw fault(tensor, `is ${datatype} of shape ${quote(shape)} and ${data.fault}`)
  return data
}

function readJsonData(
  tensor: RawTensor,
  datatype: Datatype,
  shape: readonly number[],
  count: number,
  lenient: boolean,
): TensorData {
  const { json, module } = DATATYPES[datatype]
  if (json === undefined) throw fault(tensor, `is ${datatype}, which has no JSON form: send it in binary`)
  const { data } = tensor.fields
  if (!Array.isArray(data)) throw fault(tensor, 'needs its data as an array')
  const elements: readonly unknown[] = Array.isArray(data[0]) ? flattenData(tensor, data, shape) : data
  if (elements.length !== count) {
    throw fault(tensor, `has ${elements.length} elements, but shape ${quote(shape)} holds ${count}`)
  }
  const packed =
    lenient && datatype.startsWith('FP') && elements.includes(null)
      ? module?.pack(elements.map((value) => value ?? Number.NaN))
      : json.pack(elements)
  if (packed === undefined || typeof packed === 'number') {
    throw fault(tensor, `has ${quote(elements[packed ?? 0])} at element ${packed}; ${datatype} takes ${json.expects}`)
  }
  return packed
}

function flattenData(tensor: RawTensor, data: readonly unknown[], shape: readonly number[]): readonly unknown[] {
  const elements: unknown[] = []
  const wrong = flatten(data, [...shape], elements)
  if (wrong !== undefined) throw fault(tensor, `has shape ${quote(shape)}, but its nested data ${wrong}`)
  return elements
}
