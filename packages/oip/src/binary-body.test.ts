import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeInferRequest } from './decode-infer-request.ts'
import type { Signature } from './tensor.ts'

const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [] },
    { name: 't', datatype: 'BYTES', shape: [] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
}
const floats = Buffer.from(new Float32Array([1.5, Number.NaN]).buffer)
const texts = Buffer.from('\x02\0\0\0\xc3\xa9\0\0\0\0', 'latin1')

interface Sent {
  readonly shape?: readonly unknown[]
  readonly size?: unknown
  readonly data?: unknown
}

/** A body of two binary tensors; each part of it can be replaced by a wrong one. */
function decode({
  x = {},
  t = {},
  tail = Buffer.concat([floats, texts]),
  length,
}: {
  readonly x?: Sent
  readonly t?: Sent
  readonly tail?: Uint8Array
  /** What the header says, from the true length of the JSON. */
  readonly length?: (json: number) => string | undefined
}) {
  const tensor = (name: string, datatype: string, size: number, sent: Sent) => ({
    name,
    datatype,
    shape: sent.shape ?? [2],
    parameters: { binary_data_size: sent.size ?? size },
    ...('data' in sent && { data: sent.data }),
  })
  const json = Buffer.from(JSON.stringify({ inputs: [tensor('x', 'FP32', 8, x), tensor('t', 'BYTES', 10, t)] }))
  const headerLength = length ? length(json.length) : String(json.length)
  return decodeInferRequest(Buffer.concat([json, tail]), headerLength, signature)
}

test('floats with their NaN, and texts with their bytes', () => {
  const [x, t] = decode({}).inputs
  assert.deepEqual([x?.data, t?.data], [new Float32Array([1.5, Number.NaN]), ['é', '']])
})

test('a tensor of no elements has no bytes', () => {
  const none = { shape: [0, 7], size: 0 }
  const [x, t] = decode({ x: none, t: none, tail: Buffer.alloc(0) }).inputs
  assert.deepEqual([x?.data, t?.data], [new Float32Array(), []])
})

test('the JSON may be followed by blanks, and one input may be JSON', () => {
  const json = Buffer.from(`{"inputs":[{"name":"t","datatype":"BYTES","shape":[1],"data":["a"]},
    {"name":"x","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]}   `)
  const { inputs } = decodeInferRequest(Buffer.concat([json, floats]), String(json.length), signature)
  assert.deepEqual(
    inputs.map(({ data }) => data),
    [new Float32Array([1.5, Number.NaN]), ['a']],
  )
})

const tail = (bytes: string) => Buffer.concat([floats, Buffer.from(bytes, 'latin1')])
const REFUSED: readonly (readonly [what: string, sent: Parameters<typeof decode>[0], message: RegExp])[] = [
  [
    'a header length that is not there',
    { length: () => undefined },
    /^The body is not|header Inference-Header-Content/,
  ],
  ['a header length of nothing', { length: () => '' }, /Inference-Header-Content-Length is ""/],
  ['a negative header length', { length: () => '-1' }, /Inference-Header-Content-Length is "-1"/],
  ['a header length with a sign', { length: (json) => `+${json}` }, /Inference-Header-Content-Length/],
  ['a fraction for a header length', { length: (json) => `${json}.0` }, /Inference-Header-Content-Length/],
  ['a header length sent twice', { length: (json) => `${json}, ${json}` }, /Inference-Header-Content-Length/],
  ['a header length beyond the body', { length: (json) => String(json + 19) }, /within the body's \d+ bytes/],
  ['a huge header length', { length: () => '9'.repeat(30) }, /Inference-Header-Content-Length is "999/],
  ['a header length of 0', { length: () => '0' }, /not JSON/],
  ['a header length too short', { length: (json) => String(json - 1) }, /not JSON/],
  ['a header length too long', { length: (json) => String(json + 1) }, /not (JSON|UTF-8)/],
  ['short data', { tail: floats }, /^Input "t" should have 10 bytes of binary data, but the body has 0 left/],
  ['left-over data', { tail: tail(`${texts.toString('latin1')}!`) }, /^1 bytes of binary data are left over/],
  ['a size that is too small', { x: { size: 4 } }, /left over/],
  ['a size as text', { x: { size: '8' } }, /Input "x" has a binary_data_size of "8"/],
  ['a negative size', { x: { size: -8 } }, /Input "x" has a binary_data_size of -8/],
  ['a size that is a fraction', { x: { size: 8.5 } }, /Input "x" has a binary_data_size of 8.5/],
  ['a huge size', { x: { size: 2 ** 53 - 1 } }, /Input "x" should have 9007199254740991 bytes/],
  ['data as well', { x: { data: [1, 2] } }, /Input "x" has both data and a binary_data_size/],
  ['another shape', { x: { shape: [3] } }, /Input "x" is FP32 of shape \[3\] and has 8 bytes of data, but 12 are due/],
  ['a huge shape', { x: { shape: [1e9, 1e9] } }, /Input "x" .* 8 bytes/],
  ['a shape beyond every number', { x: { shape: Array(60).fill(2 ** 52) } }, /Input "x" .* 8 bytes/],
  ['a huge shape of texts', { t: { shape: [2 ** 52] } }, /Input "t" .* too few for 4503599627370496 elements/],
  ['an infinite shape of texts', { t: { shape: Array(60).fill(2 ** 52) } }, /Input "t" .* too few for Infinity/],
  ['too many dimensions', { x: { shape: Array(65).fill(1) } }, /Input "x" has 65 dimensions/],
  ['a text that is longer than its bytes', { tail: tail('\x03\0\0\0ab\0\0\0\0') }, /Input "t" .* end within element 1/],
  ['a text of 4 GiB', { tail: tail('\xff\xff\xff\xffab\0\0\0\0') }, /Input "t" .* end within element 0/],
  ['a text fewer', { t: { shape: [1] } }, /Input "t" .* has 4 bytes left over after 1 elements/],
  [
    'bytes that are not UTF-8',
    { tail: tail('\x02\0\0\0\xc3\x28\0\0\0\0') },
    /Input "t" .* element 0 that are not UTF-8/,
  ],
]

for (const [what, sent, message] of REFUSED) {
  test(`400 for ${what}`, () => {
    assert.throws(() => decode(sent), { name: 'ProtocolError', code: 'invalid', message })
  })
}

test('400 for a binary input without the header', () => {
  const json = '{"inputs":[{"name":"x","datatype":"FP32","shape":[0],"parameters":{"binary_data_size":0}}]}'
  assert.throws(() => decodeInferRequest(Buffer.from(json), undefined, signature), {
    code: 'invalid',
    message: /^Input "x" is binary, so the header Inference-Header-Content-Length has to say/,
  })
})

test('a BOOL is 0 or 1', () => {
  const model: Signature = { ...signature, inputs: [{ name: 'b', datatype: 'BOOL', shape: [-1] }] }
  const json = '{"inputs":[{"name":"b","datatype":"BOOL","shape":[3],"parameters":{"binary_data_size":3}}]}'
  const read = (bytes: readonly number[]) =>
    decodeInferRequest(Buffer.from([...Buffer.from(json), ...bytes]), String(json.length), model)
  assert.deepEqual(read([1, 0, 1]).inputs[0]?.data, new Uint8Array([1, 0, 1]))
  assert.throws(() => read([1, 0, 2]), { code: 'invalid', message: /"b" .* byte 2 at element 2; BOOL takes 0 or 1/ })
})
