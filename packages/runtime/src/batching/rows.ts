import { DATATYPES, elementCount, quote, type Tensor, type TensorData } from '@astraapi/oip'

/**
 * Tensors of several calls, or of a call's several answers, one after the other along the first dimension. Throws an
 * Error where they differ in another one.
 */
export function joinRows(parts: readonly (readonly Tensor[])[]): readonly Tensor[] {
  const [first = []] = parts
  if (parts.length < 2) return first
  return first.map(({ name, datatype, shape: [, ...dims] }, index) => {
    const same = parts.flatMap((tensors) => tensors[index] ?? [])
    const odd = same.find(({ shape: [, ...others] }) => others.join() !== dims.join())
    if (odd !== undefined) {
      const shapes = `${quote(first[index]?.shape)} and ${quote(odd.shape)}`
      throw new Error(`${quote(name)} has shapes ${shapes}, which cannot be joined: ${WHOLE}`)
    }
    const rows = same.reduce((sum, { shape: [count = 0] }) => sum + count, 0)
    const shape = [rows, ...dims]
    return { name, datatype, shape, data: concatenate(datatype, elementCount(shape), same) }
  })
}

function concatenate(datatype: Tensor['datatype'], count: number, parts: readonly Tensor[]): TensorData {
  if (datatype === 'BYTES') return parts.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [] : data))
  const data = DATATYPES[datatype].zeros(count)
  let at = 0
  for (const { data: part } of parts) {
    const bytes = bytesOf(part)
    bytesOf(data).set(bytes, at)
    at += bytes.length
  }
  return data
}

function bytesOf(data: TensorData): Uint8Array {
  if (!ArrayBuffer.isView(data)) return new Uint8Array()
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** Some rows of each tensor; numbers are not copied. */
export function sliceRows(tensors: readonly Tensor[], from: number, rows: number): readonly Tensor[] {
  return tensors.map(({ name, datatype, shape: [, ...dims], data }) => {
    const stride = elementCount(dims)
    const [start, end] = [from * stride, (from + rows) * stride]
    const part = ArrayBuffer.isView(data) ? data.subarray(start, end) : data.slice(start, end)
    return { name, datatype, shape: [rows, ...dims], data: part }
  })
}

/** Whether each tensor has so many rows. */
export function haveRows(tensors: readonly Tensor[], rows: number): boolean {
  return tensors.every(({ shape }) => shape[0] === rows)
}

/** What to do where the first dimension turns out to be something else than a batch. */
export const WHOLE = 'set "batching" to false in serving.json if its first dimension is no batch'
