import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeInferRequest } from './decode-infer-request.ts'
import { parseJsonBody } from './json-body.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Signature } from './tensor.ts'

const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'n', datatype: 'INT64', shape: [-1] },
  ],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1] },
    { name: 'z', datatype: 'BYTES', shape: [-1] },
  ],
}
const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }
const n = { name: 'n', datatype: 'INT64', shape: [1], data: [7] }
const read = (request: unknown, model: Signature) =>
  decodeInferRequest(Buffer.from(JSON.stringify(request)), undefined, model)
const one = (datatype: Signature['inputs'][0]['datatype'], shape = [-1]): Signature => ({
  inputs: [{ name: 'x', datatype, shape }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
})

test('inputs come out in the order of the signature, packed, with all outputs unless some are named', () => {
  const request = read({ id: 'a', inputs: [n, x], parameters: { any: 1 } }, signature)
  assert.deepEqual(request, {
    id: 'a',
    parameters: { any: 1 },
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, 2], data: new Float32Array([1, 2]) },
      { name: 'n', datatype: 'INT64', shape: [1], data: new BigInt64Array([7n]) },
    ],
    outputs: [
      { name: 'y', binary: false },
      { name: 'z', binary: false },
    ],
  })
})

test("an output's own wish for binary wins over the request's", () => {
  const outputs = [{ name: 'z', parameters: { binary_data: false } }, { name: 'y' }]
  const asked = read({ inputs: [x, n], outputs, parameters: { binary_data_output: true } }, signature)
  assert.deepEqual(asked.outputs, [
    { name: 'z', binary: false },
    { name: 'y', binary: true },
  ])
  const all = read({ inputs: [x, n], parameters: { binary_data_output: true } }, signature)
  assert.deepEqual(
    all.outputs.map(({ binary }) => binary),
    [true, true],
  )
})

test('data may be nested as the shape is', () => {
  const shape = [2, 3, 2]
  const data = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]] // biome-ignore format: as the shape
  const { inputs } = read({ inputs: [{ name: 'x', datatype: 'INT8', shape, data }] }, one('INT8', [-1, 3, 2]))
  assert.deepEqual(inputs[0]?.data, new Int8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
})

test('an empty batch is a batch', () => {
  const { inputs } = read(
    {
      inputs: [
        { ...x, shape: [0, 2], data: [] },
        { ...n, shape: [0], data: [] },
      ],
    },
    signature,
  )
  assert.deepEqual(inputs[0]?.data, new Float32Array())
})

test('a tensor of undeclared rank takes any shape', () => {
  const request = { inputs: [{ ...x, shape: [1, 1, 2] }] }
  assert.deepEqual(read(request, one('FP32', [])).inputs[0]?.shape, [1, 1, 2])
})

const asking = (parameters: unknown) => ({ inputs: [x, n], outputs: [{ name: 'y', parameters }] })

const MALFORMED: readonly (readonly [what: string, request: unknown, message: RegExp])[] = [
  ['a list', [], /request must be a JSON object/],
  ['null', null, /request must be a JSON object/],
  ['a numeric id', { id: 1, inputs: [x, n] }, /id must be a string/],
  ['no inputs', {}, /inputs must be an array/],
  ['inputs only through the prototype', JSON.parse('{"__proto__":{"inputs":[]}}'), /inputs must be an array/],
  ['inputs as an object', { inputs: { x } }, /inputs must be an array/],
  ['an input that is no object', { inputs: [3] }, /input at index 0 must be a JSON object, not 3/],
  ['an input without a name', { inputs: [{ ...x, name: undefined }] }, /input at index 0 has no name/],
  ['an input missing', { inputs: [x] }, /Input "n" is missing/],
  ['an input twice', { inputs: [x, x] }, /input "x" stands twice/],
  ['an unknown input', { inputs: [x, { ...n, name: 'm' }] }, /no input "m"; its inputs are: x, n/],
  ['an input called __proto__', { inputs: [{ ...x, name: '__proto__' }] }, /no input "__proto__"/],
  ['an unknown datatype', { inputs: [{ ...x, datatype: 'FP31' }, n] }, /"x" has no known datatype: "FP31"/],
  ['a datatype off the prototype', { inputs: [{ ...x, datatype: 'toString' }, n] }, /no known datatype: "toString"/],
  ['another datatype', { inputs: [{ ...x, datatype: 'FP64' }, n] }, /"x" is FP64, but the model takes FP32/],
  ['no shape', { inputs: [{ ...x, shape: undefined }, n] }, /"x" needs a shape/],
  ['a negative size', { inputs: [{ ...x, shape: [-1, 2] }, n] }, /"x" needs a shape of non-negative integers/],
  ['a broken size', { inputs: [{ ...x, shape: [1.5, 2] }, n] }, /"x" needs a shape/],
  ['a size as text', { inputs: [{ ...x, shape: ['1', 2] }, n] }, /"x" needs a shape/],
  ['another rank', { inputs: [{ ...x, shape: [2] }, n] }, /"x" has shape \[2\], but the model takes \[-1,2\]/],
  ['another fixed size', { inputs: [{ ...x, shape: [1, 3] }, n] }, /"x" has shape \[1,3\], but the model takes/],
  ['no data', { inputs: [{ ...x, data: undefined }, n] }, /"x" needs its data as an array/],
  ['data as an object', { inputs: [{ ...x, data: { 0: 1, 1: 2 } }, n] }, /"x" needs its data as an array/],
  ['short data', { inputs: [{ ...x, data: [1] }, n] }, /"x" has 1 elements, but shape \[1,2\] holds 2/],
  ['left-over data', { inputs: [{ ...x, data: [1, 2, 3] }, n] }, /"x" has 3 elements/],
  ['a shape beyond every number', { inputs: [{ ...x, shape: [1e308, 2] }, n] }, /needs a shape/],
  ['a huge shape', { inputs: [{ ...x, shape: [2 ** 52, 2] }, n] }, /"x" has 2 elements, but shape/],
  ['ragged data', { inputs: [{ ...x, data: [[1]] }, n] }, /"x" .* array of length 1 at depth 2 where 2 is due/],
  ['data nested too deep', { inputs: [{ ...x, data: [[[1], [2]]] }, n] }, /"x" has \[1\] at element 0/],
  ['data nested in part', { inputs: [{ ...x, shape: [2, 2], data: [[1, 2], 3] }, n] }, /"x" .* no array at depth 2/],
  ['an array among elements', { inputs: [{ ...x, data: [1, [2]] }, n] }, /"x" has \[2\] at element 1/],
  ['null for a number', { inputs: [{ ...x, data: [1, null] }, n] }, /"x" has null at element 1; FP32 takes a number/],
  ['text for a number', { inputs: [{ ...x, data: ['1', 2] }, n] }, /"x" has "1" at element 0/],
  ['a number beyond FP32', { inputs: [{ ...x, data: [1e39, 2] }, n] }, /"x" .* within the range of FP32/],
  [
    'batches that differ',
    { inputs: [x, { ...n, shape: [2], data: [1, 2] }] },
    /"x" and "n" differ in batch size: 1 and 2/,
  ],
  ['a fraction for INT64', { inputs: [x, { ...n, data: [1.5] }] }, /"n" has 1.5 at element 0/],
  ['text that is no integer', { inputs: [x, { ...n, data: ['0x1f'] }] }, /"n" has "0x1f"/],
  ['an integer beyond INT64', { inputs: [x, { ...n, data: ['9223372036854775808'] }] }, /"n" .* INT64 takes/],
  ['parameters as a list', { inputs: [x, n], parameters: [] }, /The request's parameters must be an object of/],
  ['a parameter that is an object', { inputs: [x, n], parameters: { a: {} } }, /request's parameters must be/],
  ["an input's parameters as text", { inputs: [{ ...x, parameters: 'a' }, n] }, /parameters of input "x" must be/],
  ["an output's parameters as null", { inputs: [x, n], outputs: [{ name: 'y', parameters: null }] }, /output "y"/],
  ['binary_data as text', asking({ binary_data: 'true' }), /parameter binary_data must be true or false, not "true"/],
  ['binary_data_output 1', { inputs: [x, n], parameters: { binary_data_output: 1 } }, /binary_data_output must be/],
  ['outputs as text', { inputs: [x, n], outputs: 'y' }, /outputs must be an array/],
  ['an unknown output', { inputs: [x, n], outputs: [{ name: 'q' }] }, /no output "q"; its outputs are: y, z/],
  ['an output twice', { inputs: [x, n], outputs: [{ name: 'y' }, { name: 'y' }] }, /output "y" stands twice/],
]

for (const [what, request, message] of MALFORMED) {
  test(`400 for ${what}`, () => {
    assert.throws(() => read(request, signature), { name: 'ProtocolError', code: 'invalid', message })
  })
}

const EDGES = [
  ['INT8', [-128, 127], [-129, 128, 0.5, '1', true]],
  ['INT16', [-32768, 32767], [-32769, 32768]],
  ['INT32', [-(2 ** 31), 2 ** 31 - 1], [-(2 ** 31) - 1, 2 ** 31]],
  [
    'INT64',
    ['-9223372036854775808', '9223372036854775807', 2 ** 53 - 1],
    ['-9223372036854775809', 1e20, 1.5, '', ' 1'],
  ],
  ['UINT8', [0, 255], [-1, 256]],
  ['UINT16', [0, 65535], [-1, 65536]],
  ['UINT32', [0, 2 ** 32 - 1], [-1, 2 ** 32]],
  ['UINT64', [0, '18446744073709551615'], [-1, '-1', '18446744073709551616', 2e19, 1e300]],
  ['BOOL', [true, false, 0, 1], [2, 'true', null]],
  ['FP32', [3.4028234663852886e38, -0, 1e-46], [3.5e38, '1']],
  ['FP64', [1.7976931348623157e308], [null, 'NaN']],
  ['BYTES', ['', 'é😀'], [1, null, true, ['a']]],
] as const

for (const [datatype, good, bad] of EDGES) {
  test(`${datatype} takes its edges and nothing beyond`, () => {
    const take = (data: readonly unknown[]) =>
      read({ inputs: [{ name: 'x', datatype, shape: [data.length], data }] }, one(datatype))
    assert.equal(take(good).inputs[0]?.data.length, good.length)
    for (const value of bad) {
      assert.throws(() => take([good[0], value]), { code: 'invalid', message: /Input "x" has .* at element 1/ })
    }
  })
}

test('a long value is cut in the message', () => {
  const data = ['a'.repeat(10_000), 1]
  assert.throws(
    () => read({ inputs: [{ ...x, data }, n] }, signature),
    (error) => error instanceof ProtocolError && error.message.length < 200,
  )
})

test('half precision is refused in JSON, going in and coming out, and served in binary', () => {
  const input = { name: 'x', datatype: 'FP16', shape: [1], data: [1] }
  assert.throws(() => read({ inputs: [input] }, one('FP16')), { code: 'invalid', message: /"x" is FP16/ })
  const half: Signature = { inputs: one('FP32').inputs, outputs: [{ name: 'h', datatype: 'BF16', shape: [-1] }] }
  const request = { inputs: [{ ...x, shape: [2] }] }
  assert.throws(() => read(request, half), { code: 'invalid', message: /Output "h" is BF16.*"binary_data": true/ })
  assert.equal(read({ ...request, parameters: { binary_data_output: true } }, half).outputs.length, 1)
})

test('501 for what would change the answer and is not supported', () => {
  for (const parameters of [{ shared_memory_region: 'r' }, { classification: 2 }]) {
    const message = /The (input "x"|output "y") has the parameter \w+, which is not supported/
    assert.throws(() => read({ inputs: [{ ...x, parameters }, n] }, signature), { code: 'unsupported', message })
    assert.throws(() => read(asking(parameters), signature), { code: 'unsupported', message })
  }
})

test('integers keep their digits beyond 2^53, as literals and as text, beside numbers that are no such', () => {
  const model: Signature = {
    inputs: [
      { name: 'n', datatype: 'INT64', shape: [] },
      { name: 'd', datatype: 'FP64', shape: [] },
    ],
    outputs: one('FP32').outputs,
  }
  const text = `{"parameters":{"seed":12345678901234567890},"inputs":[
    {"name":"d","datatype":"FP64","shape":[4],"data":[12345678901234567890,1,0.12345678901234567,-0]},
    {"name":"n","datatype":"INT64","shape":[2,2],"data":[[9007199254740993,-9223372036854775808],["9223372036854775807",1]]}]}`
  const { inputs, parameters } = decodeInferRequest(Buffer.from(text), undefined, model)
  assert.deepEqual(
    inputs.map(({ data }) => data),
    [
      new BigInt64Array([9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n, 1n]),
      new Float64Array(['12345678901234567890', 1, '0.12345678901234567', -0].map(Number)),
    ],
  )
  assert.deepEqual(parameters, { seed: Number('12345678901234567890') })
  const beyond = text.replace('9007199254740993', '9223372036854775808')
  assert.throws(() => decodeInferRequest(Buffer.from(beyond), undefined, model), {
    message: /"n" has 9223372036854775808 at element 0; INT64 takes/,
  })
})

test('a number of a million digits is refused at once', () => {
  const text = `{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[${'9'.repeat(1_000_000)}]}]}`
  const before = process.cpuUsage()
  assert.throws(() => decodeInferRequest(Buffer.from(text), undefined, one('INT64')), { code: 'invalid' })
  const { user } = process.cpuUsage(before)
  assert.ok(user < 150_000, `${user} us: as a bigint it takes 500,000`)
})

test('numbers beyond their type are refused where JSON writes them', () => {
  for (const [datatype, data] of [
    ['FP64', '[1e999]'],
    ['FP32', '[-1e999]'],
    ['FP64', '[NaN]'],
  ] as const) {
    const text = `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[1],"data":${data}}]}`
    assert.throws(() => decodeInferRequest(Buffer.from(text), undefined, one(datatype)), { code: 'invalid' })
  }
})

test('what is nested deep is refused, and does not overflow the stack', () => {
  const depth = 200_000
  const deep = '['.repeat(depth) + ']'.repeat(depth)
  const long = '1234567890123456'
  for (const text of [
    deep,
    `{"inputs":${deep}}`,
    `{"inputs":[${deep}]}`,
    `{"id":${deep},"inputs":[]}`,
    `{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":${deep}}]}`,
    `{"inputs":[{"name":"x","datatype":"INT64","shape":[2],"data":[${long},${deep}]}]}`,
    `{"inputs":[{"name":"x","datatype":"INT64","shape":[${'1,'.repeat(depth)}1],"data":${deep}}]}`,
  ]) {
    assert.throws(() => decodeInferRequest(Buffer.from(text), undefined, one('INT64', [])), {
      name: 'ProtocolError',
      code: 'invalid',
    })
  }
})

test('400 for a body that is not JSON, or not UTF-8, or empty', () => {
  for (const body of [undefined, '', '{', 'nonsense', '{"id":"\xff"}', '{"a":1}x', 'NaN']) {
    const bytes = body === undefined ? body : Buffer.from(body, 'latin1')
    assert.throws(() => parseJsonBody(bytes), { name: 'ProtocolError', code: 'invalid', message: /^The body is / })
  }
})
