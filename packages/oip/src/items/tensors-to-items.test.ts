import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datatype, TensorData } from '../datatype.ts'
import type { Tensor, TensorSpec } from '../tensor.ts'
import { itemReader, tensorsToItems } from './tensors-to-items.ts'

const y = (data: TensorData, shape: readonly number[] = [data.length], datatype: Datatype = 'FP64'): Tensor => ({
  name: 'y',
  datatype,
  shape,
  data,
})

function read(shape: readonly number[], rows: number, ...tensors: readonly Tensor[]) {
  const specs: readonly TensorSpec[] = [{ name: 'y', datatype: 'FP64', shape }]
  return tensorsToItems(specs, tensors, rows)
}

test('[-1] is a lone value, [-1, 1] a list of one, whatever the server adds or drops', () => {
  const data = Float64Array.of(1, 2)
  assert.deepEqual(read([-1], 2, y(data)), [{ y: 1 }, { y: 2 }])
  assert.deepEqual(read([-1], 2, y(data, [2, 1])), [{ y: 1 }, { y: 2 }])
  assert.deepEqual(read([-1, 1], 2, y(data, [2, 1])), [{ y: [1] }, { y: [2] }])
})

test('rows come apart, at any depth', () => {
  const data = Float64Array.of(1, 2, 3, 4)
  assert.deepEqual(read([-1, 2], 2, y(data, [2, 2])), [{ y: [1, 2] }, { y: [3, 4] }])
  assert.deepEqual(read([-1, 2, 1], 2, y(data, [2, 2, 1])), [{ y: [[1], [2]] }, { y: [[3], [4]] }])
  assert.deepEqual(read([-1, -1, 2], 1, y(Float64Array.of(), [1, 0, 2])), [{ y: [] }])
  assert.deepEqual(read([-1, 2], 0, y(Float64Array.of(), [0, 2])), [])
})

test('tensors without a spec are passed over', () => {
  const other: Tensor = { ...y(Float64Array.of(1, 2, 3)), name: 'other' }
  assert.deepEqual(read([-1], 1, other, y(Float64Array.of(5))), [{ y: 5 }])
})

test('an FP32 value is as short as JSON writes it, however it came', () => {
  assert.deepEqual(read([-1], 2, y(Float32Array.of(0.1, 16_777_217), [2], 'FP32')), [{ y: 0.1 }, { y: 16_777_216 }])
})

const misfits: readonly (readonly [string, readonly Tensor[], string])[] = [
  ['a tensor that is missing', [], 'tensor y is missing'],
  ['a row too few', [y(Float64Array.of(1))], 'tensor y has 1 rows, not 2'],
  ['a scalar', [y(Float64Array.of(1), [])], 'tensor y has undefined rows, not 2'],
  ['another rank', [y(Float64Array.of(1, 2, 3, 4), [2, 2])], 'tensor y has shape [2,2] where the signature says [-1]'],
]

for (const [what, tensors, message] of misfits) {
  test(`${what} is refused`, () => assert.throws(() => read([-1], 2, ...tensors), { code: 'invalid', message }))
}

const unsayable: readonly (readonly [Datatype, TensorData, string])[] = [
  ['FP64', Float64Array.of(0, 0, 0, Number.NaN), 'NaN'],
  ['FP32', Float32Array.of(0, 0, 0, Number.NEGATIVE_INFINITY), '-Infinity'],
  ['BF16', Uint16Array.of(0, 0, 0, 0x7f80), 'Infinity'],
  ['INT64', BigInt64Array.of(0n, 0n, 0n, -(2n ** 53n)), '-9007199254740992'],
  ['UINT64', BigUint64Array.of(0n, 0n, 0n, 2n ** 64n - 1n), '18446744073709551615'],
]

for (const [datatype, data, value] of unsayable) {
  test(`${value} in ${datatype} has no JSON form: it costs its own row only`, () => {
    const message = `tensor y holds ${value} in row 1, which JSON cannot carry exactly`
    const tensor = y(data, [2, 2], datatype)
    assert.throws(() => read([-1, 2], 2, tensor), { code: 'invalid', message })
    const row = itemReader([{ name: 'y', datatype, shape: [-1, 2] }], [tensor], 2)
    assert.deepEqual(row(0), { y: [0, 0] })
    assert.throws(() => row(1), { code: 'invalid', message })
  })
}

test('the safe integers of 64 bits are numbers', () => {
  const data = BigInt64Array.of(BigInt(Number.MAX_SAFE_INTEGER), BigInt(Number.MIN_SAFE_INTEGER))
  assert.deepEqual(read([-1], 2, y(data, [2], 'INT64')), [
    { y: Number.MAX_SAFE_INTEGER },
    { y: Number.MIN_SAFE_INTEGER },
  ])
})

test('a shape of very many empty lists is refused before they are made', () => {
  const hollow: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 1_000_000_000, 0], data: new Float32Array() }
  const spec: TensorSpec = { name: 'x', datatype: 'FP32', shape: [-1, -1, -1] }
  assert.throws(() => tensorsToItems([spec], [hollow], 1), /tensor x holds 1000000000 empty lists/)
  assert.deepEqual(tensorsToItems([spec], [{ ...hollow, shape: [1, 2, 0] }], 1), [{ x: [[], []] }])
})
