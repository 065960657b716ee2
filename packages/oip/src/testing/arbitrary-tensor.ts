import fc from 'fast-check'
import { bytesOfData, dataOfBytes } from '../binary-data.ts'
import { DATATYPES, type Datatype, type TensorData } from '../datatype.ts'
import { elementCount, type Tensor } from '../tensor.ts'

export const datatypes = Object.keys(DATATYPES) as readonly Datatype[]

/** Any tensor of a datatype, empty ones and scalars among them; numbers are any bit pattern, NaN and Infinity too. */
export function arbitraryTensor(datatype: Datatype, name = 'x'): fc.Arbitrary<Tensor> {
  return fc
    .array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
    .chain((shape) => arbitraryData(datatype, elementCount(shape)).map((data) => ({ name, datatype, shape, data })))
}

function arbitraryData(datatype: Datatype, count: number): fc.Arbitrary<TensorData> {
  const exactly = { minLength: count, maxLength: count }
  if (datatype === 'BYTES') return fc.array(fc.string({ unit: 'binary' }), exactly)
  if (datatype === 'BOOL') return fc.array(fc.boolean(), exactly).map((values) => Uint8Array.from(values, Number))
  const length = count * (DATATYPES[datatype].bytes ?? 0)
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
    const data = dataOfBytes(datatype, bytes, count)
    if ('fault' in data) throw new Error(data.fault)
    return data
  })
}

/** Whether JSON can say all of it. */
export function hasJsonForm({ datatype, data }: Tensor): boolean {
  if (DATATYPES[datatype].json === undefined) return false
  return Array.from<unknown, unknown>(data, (value) => value).every(
    (value) => typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0)),
  )
}

/** The tensor for a comparison that tells one NaN's bits from another's. */
export function bitsOf({ data, ...rest }: Tensor) {
  return { ...rest, kind: data.constructor.name, bytes: Buffer.from(bytesOfData(data)).toString('hex') }
}
