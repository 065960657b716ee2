import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeInferResponse } from './encode-infer-response.ts'
import type { Tensor } from './tensor.ts'

const response = (outputs: readonly Tensor[]) => ({ model: 'm', version: '1', outputs })
const asJson = (outputs: readonly Tensor[]) => outputs.map(({ name }) => ({ name, binary: false }))
const write = (outputs: readonly Tensor[]) => String(encodeInferResponse(response(outputs), asJson(outputs)).body)

test('the response names model and version, and echoes the id', () => {
  const data = new Float32Array([0.1, 1, Number.NaN, Number.POSITIVE_INFINITY])
  const outputs: Tensor[] = [{ name: 'a "b"', datatype: 'FP32', shape: [2, 2], data }]
  const { body, headerLength } = encodeInferResponse({ model: 'm', version: '1.0', id: '7"', outputs }, asJson(outputs))
  assert.equal(headerLength, undefined)
  assert.deepEqual(JSON.parse(String(body)), {
    model_name: 'm',
    model_version: '1.0',
    id: '7"',
    outputs: [{ name: 'a "b"', datatype: 'FP32', shape: [2, 2], data: [0.1, 1, null, null] }],
  })
  assert.equal(write([]), '{"model_name":"m","model_version":"1","outputs":[]}')
})

test('64-bit integers are number literals with every digit', () => {
  const data = new BigUint64Array([2n ** 64n - 1n, 2n ** 53n + 1n])
  const text = write([{ name: 'y', datatype: 'UINT64', shape: [2], data }])
  assert.match(text, /"data":\[18446744073709551615,9007199254740993\]/)
})

test('booleans are true and false', () => {
  const text = write([{ name: 'y', datatype: 'BOOL', shape: [2], data: new Uint8Array([1, 0]) }])
  assert.match(text, /"data":\[true,false\]/)
})

test('binary data follows the JSON without a gap, in the order of the JSON', () => {
  const outputs: Tensor[] = [
    { name: 'e', datatype: 'FP32', shape: [0, 3], data: new Float32Array() },
    { name: 'n', datatype: 'UINT16', shape: [2], data: new Uint16Array([1, 0x203]) },
    { name: 'b', datatype: 'BOOL', shape: [2], data: new Uint8Array([1, 0]) },
    { name: 't', datatype: 'BYTES', shape: [2], data: ['é', ''] },
  ]
  const wanted = ['t', 'b', 'e', 'n'].map((name) => ({ name, binary: name !== 'b' }))
  const { body, headerLength = 0 } = encodeInferResponse(response(outputs), wanted)
  const bytes = Buffer.from(body)
  const json = JSON.parse(bytes.toString('utf8', 0, headerLength))
  assert.deepEqual(json.outputs, [
    { name: 't', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: 10 } },
    { name: 'b', datatype: 'BOOL', shape: [2], data: [true, false] },
    { name: 'e', datatype: 'FP32', shape: [0, 3], parameters: { binary_data_size: 0 } },
    { name: 'n', datatype: 'UINT16', shape: [2], parameters: { binary_data_size: 4 } },
  ])
  assert.deepEqual([...bytes.subarray(headerLength)], [2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0, 1, 0, 3, 2])
})

test('an answer without an output that was asked for is a fault of the server', () => {
  assert.throws(() => encodeInferResponse(response([]), [{ name: 'y', binary: true }]), /no output y/)
})
