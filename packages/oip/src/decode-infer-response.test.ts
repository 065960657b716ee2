import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeInferResponse } from './decode-infer-response.ts'

const read = (text: string) => decodeInferResponse(Buffer.from(text), undefined).outputs
const output = (datatype: string, data: string, shape = '[2]') =>
  `{"outputs":[{"name":"y","datatype":"${datatype}","shape":${shape},"data":${data}}]}`

test('what is not known is passed over', () => {
  const text = `{"model_name":"m","model_version":null,"parameters":{"a":[1]},"outputs":[
    {"name":"y","datatype":"BYTES","shape":[1,1],"parameters":{"content_type":null,"headers":{}},"data":["a"],"more":1},
    {"name":"z","datatype":"BOOL","shape":[2],"parameters":null,"data":[true,0]}]}`
  assert.deepEqual(read(text), [
    { name: 'y', datatype: 'BYTES', shape: [1, 1], data: ['a'] },
    { name: 'z', datatype: 'BOOL', shape: [2], data: new Uint8Array([1, 0]) },
  ])
})

test('null among floats is NaN, and among others a fault', () => {
  assert.deepEqual(read(output('FP32', '[null,0.5]'))[0]?.data, new Float32Array([Number.NaN, 0.5]))
  assert.deepEqual(read(output('FP64', '[[1e300],[null]]', '[2,1]'))[0]?.data, new Float64Array([1e300, Number.NaN]))
  for (const datatype of ['INT32', 'INT64', 'BYTES', 'BOOL']) {
    assert.throws(() => read(output(datatype, '[null,null]')), {
      code: 'invalid',
      message: /"y" has null at element 0/,
    })
  }
})

test('64-bit integers keep their digits', () => {
  const [tensor] = read(output('UINT64', '[18446744073709551615,9007199254740993]'))
  assert.deepEqual(tensor?.data, new BigUint64Array([2n ** 64n - 1n, 2n ** 53n + 1n]))
  const float = '{"name":"f","datatype":"FP64","shape":[1],"data":[12345678901234567890]}'
  const [, beside] = read(output('INT64', '[9007199254740993,1]').replace('}]}', `},${float}]}`))
  assert.deepEqual(beside?.data, new Float64Array([Number('12345678901234567890')]))
})

const REFUSED: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /empty/],
  ['<html>', /not JSON/],
  ['[]', /response must be a JSON object/],
  ['{}', /outputs must be an array/],
  ['{"error":"no"}', /outputs must be an array/],
  [output('FP31', '[1,2]'), /Output "y" has no known datatype/],
  [output('FP16', '[1,2]'), /Output "y" is FP16, which has no JSON form/],
  [output('FP32', '[1,2]', 'null'), /Output "y" needs a shape/],
  [output('FP32', '[1,2]', '[3]'), /Output "y" has 2 elements, but shape \[3\] holds 3/],
  [output('FP32', '[1,2]', '[1000000000,1000000000]'), /Output "y" has 2 elements/],
  [output('FP32', '[[1],[2,3]]', '[2,1]'), /Output "y" .* array of length 2 at depth 2/],
  [output('INT8', '[1,300]'), /Output "y" has 300 at element 1/],
]

for (const [text, message] of REFUSED) {
  test(`refused: ${text}`, () => {
    assert.throws(() => read(text), { name: 'ProtocolError', code: 'invalid', message })
  })
}
