import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Datatype, TensorData } from './datatype.ts'
import { readInferRequest } from './infer-request.ts'
import { shortFloat32, writeInferResponse } from './infer-response.ts'
import type { Tensor } from './tensor.ts'

const write = (outputs: readonly Tensor[]) => writeInferResponse({ model: 'm', version: '1', id: undefined, outputs })

test('the response names model and version, and echoes the id', () => {
  const data = new Float32Array([0.1, 1, Number.NaN, Number.POSITIVE_INFINITY])
  const outputs: Tensor[] = [{ name: 'a "b"', datatype: 'FP32', shape: [2, 2], data }]
  assert.deepEqual(JSON.parse(writeInferResponse({ model: 'm', version: '1.0', id: '7"', outputs })), {
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

test('a short FP32 is the same FP32, in at most nine digits', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const short = shortFloat32(value)
      assert.equal(Math.fround(short), value)
      const size = Math.abs(value)
      if (size < 1e-9 || size >= 1e9) return
      const digits = String(short)
        .replace(/e.*|[-.]/g, '')
        .replace(/^0+/, '')
      assert.ok(digits.length <= 9, `${value} became ${short}`)
    }),
    { numRuns: 2000 },
  )
  assert.deepEqual(
    [0.1, 0.3, 1 / 3, 1e-7, 16777216].map(Math.fround).map(shortFloat32),
    [0.1, 0.3, 0.33333334, 1e-7, 16777216],
  )
})

const integers = (min: number, max: number) => fc.array(fc.integer({ min, max }))
const ARBITRARY: Readonly<Partial<Record<Datatype, fc.Arbitrary<TensorData>>>> = {
  BOOL: integers(0, 1).map((values) => new Uint8Array(values)),
  INT8: integers(-128, 127).map((values) => new Int8Array(values)),
  INT16: integers(-32_768, 32_767).map((values) => new Int16Array(values)),
  INT32: integers(-(2 ** 31), 2 ** 31 - 1).map((values) => new Int32Array(values)),
  INT64: fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)).map((values) => new BigInt64Array(values)),
  UINT8: integers(0, 255).map((values) => new Uint8Array(values)),
  UINT16: integers(0, 65_535).map((values) => new Uint16Array(values)),
  UINT32: integers(0, 2 ** 32 - 1).map((values) => new Uint32Array(values)),
  UINT64: fc.array(fc.bigInt(0n, 2n ** 64n - 1n)).map((values) => new BigUint64Array(values)),
  // JSON.stringify writes -0 as 0.
  FP32: fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true }))
    .map((values) => Float32Array.from(values, (v) => v + 0)),
  FP64: fc
    .array(fc.double({ noNaN: true, noDefaultInfinity: true }))
    .map((values) => Float64Array.from(values, (v) => v + 0)),
  BYTES: fc.array(fc.string({ unit: 'binary' })),
}

// A client that keeps the digits of large integers sends them back as the protocol's callers must: as strings.
function parseExactly(text: string, datatype: Datatype): { readonly outputs: unknown } {
  if (!datatype.endsWith('64') || datatype === 'FP64') return JSON.parse(text)
  return JSON.parse(text, (key, value, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? key) : value,
  )
}

for (const [datatype, arbitrary] of Object.entries(ARBITRARY) as [Datatype, fc.Arbitrary<TensorData>][]) {
  test(`${datatype} survives the way out and in again`, () => {
    fc.assert(
      fc.property(arbitrary, (data) => {
        const tensor = { name: 'x', datatype, shape: [data.length], data }
        const { outputs } = parseExactly(write([tensor]), datatype)
        const signature = { inputs: [{ name: 'x', datatype, shape: [-1] }], outputs: [] }
        assert.deepEqual(readInferRequest({ inputs: outputs }, signature).inputs, [tensor])
      }),
    )
  })
}
