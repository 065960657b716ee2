import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeInferResponse, type Tensor } from '@astraapi/oip'
import type { TensorSignature } from '../../kernel/tensors.ts'
import { readItems } from './read-items.ts'
import { headerLengthName } from './reply.ts'

const signature: TensorSignature = { inputs: [], outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }] }

function read(rows: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return readItems(signature, { status: 200, headers: {}, body: Buffer.from(text) }, rows)
}

const y = (shape: unknown, data: unknown) => ({ outputs: [{ name: 'y', datatype: 'FP32', shape, data }] })

test('flat and nested data mean the same; what is not known is passed over', () => {
  const items = [{ output: { y: [1, 2] } }, { output: { y: [3, 4] } }]
  assert.deepEqual(read(2, y([2, 2], [1, 2, 3, 4])), items)
  assert.deepEqual(
    read(
      2,
      y(
        [2, 2],
        [
          [1, 2],
          [3, 4],
        ],
      ),
    ),
    items,
  )
  const other = { name: 'other', datatype: 'FP32', shape: [1], data: [1], more: {} }
  assert.deepEqual(read(2, { id: 'x', more: {}, outputs: [other, ...y([2, 2], [1, 2, 3, 4]).outputs] }), items)
})

const outputs: readonly Tensor[] = [
  { name: 'y', datatype: 'FP32', shape: [3, 2], data: Float32Array.of(0.1, 2, Number.NaN, 4, 5, 6) },
]

for (const binary of [false, true]) {
  test(`a row that JSON cannot say is invalid_output and spares the others, binary ${binary}`, () => {
    const response = { model: 'm', version: '1', id: undefined, outputs }
    const { body, headerLength } = encodeInferResponse(response, [{ name: 'y', binary }])
    const headers = headerLength === undefined ? {} : { [headerLengthName]: String(headerLength) }
    const [first, second, third] = readItems(signature, { status: 200, headers, body: Buffer.from(body) }, 3)
    assert.deepEqual([first, third], [{ output: { y: [0.1, 2] } }, { output: { y: [5, 6] } }])
    assert.ok(second && 'error' in second)
    assert.equal(second.error.code, 'invalid_output')
    assert.match(second.error.facts.reason ?? '', /tensor y holds NaN in row 1, which JSON cannot carry/)
    assert.equal(second.error.facts.detail, undefined)
  })
}

const broken: readonly (readonly [string, unknown, RegExp])[] = [
  ['no JSON', '<html>', /is not JSON/],
  ['an empty body', '', /is empty/],
  ['a list', [], /must be a JSON object/],
  ['no outputs', {}, /outputs must be an array/],
  ['an output that is null', { outputs: [null] }, /must be a JSON object/],
  ['an unknown datatype', { outputs: [{ name: 'y', datatype: 'FP31', shape: [1, 2], data: [1, 2] }] }, /datatype/],
  ['the output missing', { outputs: [] }, /tensor y is missing/],
  ['too little data', y([1, 2], [1]), /1 elements/],
  ['ragged data', y([1, 2], [[1, 2, 3]]), /length 3/],
  ['a row too many', y([2, 2], [1, 2, 3, 4]), /has 2 rows, not 1/],
  ['another rank', y([1, 2, 1], [1, 2]), /shape \[1,2,1\] where the signature says \[-1,2\]/],
]

for (const [what, body, reason] of broken) {
  test(`upstream_failed for ${what}`, () => {
    assert.throws(
      () => read(1, body),
      (error: { code?: string; facts?: { reason?: string; detail?: string } }) => {
        assert.equal(error.code, 'upstream_failed')
        assert.match(error.facts?.reason ?? '', reason)
        assert.equal(error.facts?.detail, undefined)
        return true
      },
    )
  })
}

test('an integer beyond 2^53 - 1 reaches nobody, however it came', () => {
  const wide: TensorSignature = { inputs: [], outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }] }
  const body = Buffer.from('{"outputs":[{"name":"y","datatype":"INT64","shape":[2],"data":[9007199254740993,5]}]}')
  const [first, second] = readItems(wide, { status: 200, headers: {}, body }, 2)
  assert.ok(first && 'error' in first)
  assert.match(first.error.facts.reason ?? '', /tensor y holds 9007199254740993 in row 0/)
  assert.deepEqual(second, { output: { y: 5 } })
})
