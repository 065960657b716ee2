import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TensorSignature } from '../../kernel/tensors.ts'
import { decodeResponse } from './decode-response.ts'
import { toOutputs } from './outputs.ts'

const signature = (shape: readonly number[]): TensorSignature => ({
  inputs: [],
  outputs: [{ name: 'y', datatype: 'FP32', shape }],
})

function read(shape: readonly number[], rows: number, body: unknown): unknown[] {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return toOutputs(signature(shape), decodeResponse({ status: 200, headers: {}, body: bytes }), rows)
}

const y = (shape: unknown, data: unknown) => ({ outputs: [{ name: 'y', datatype: 'FP32', shape, data }] })

test('flat and nested data mean the same', () => {
  const items = [
    {
      y: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      y: [
        [5, 6],
        [7, 8],
      ],
    },
  ]
  assert.deepEqual(read([-1, 2, 2], 2, y([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])), items)
  assert.deepEqual(
    read(
      [-1, 2, 2],
      2,
      y(
        [2, 2, 2],
        items.map((item) => item.y),
      ),
    ),
    items,
  )
})

test('[-1] is a lone value, [-1, 1] a list of one, whatever the server adds or drops', () => {
  assert.deepEqual(read([-1], 2, y([2], [1, 2])), [{ y: 1 }, { y: 2 }])
  assert.deepEqual(read([-1], 2, y([2, 1], [1, 2])), [{ y: 1 }, { y: 2 }])
  assert.deepEqual(read([-1, 1], 2, y([2, 1], [1, 2])), [{ y: [1] }, { y: [2] }])
})

test('null stands for what JSON cannot say, and unknown fields and outputs are passed over', () => {
  const outputs = [{ name: 'other', shape: [5], data: [1, 2, 3, 4, 5] }, ...y([1], [null]).outputs]
  assert.deepEqual(read([-1], 1, { id: 'x', more: {}, outputs }), [{ y: null }])
})

const broken: readonly (readonly [string, unknown, RegExp])[] = [
  ['no JSON', '<html>', /is not JSON/],
  ['an empty body', '', /is not JSON/],
  ['a list', [], /is not a JSON object/],
  ['null', 'null', /is not a JSON object/],
  ['no outputs', {}, /no list "outputs"/],
  ['an output that is null', { outputs: [null] }, /lacks a name/],
  ['an output without a name', { outputs: [{ shape: [2], data: [1, 2] }] }, /lacks a name/],
  ['a shape of text', y(['2'], [1, 2]), /lacks a name, a shape/],
  ['a negative shape', y([-1], [1, 2]), /lacks a name, a shape/],
  ['data that is no list', y([2], 'ab'), /lacks a name, a shape or data/],
  ['the output missing', { outputs: [] }, /lacks output y/],
  ['too little data', y([2], [1]), /1 elements of output y do not fill its shape \[2\]/],
  ['too much data', y([2], [1, 2, 3]), /3 elements/],
  ['data nested too deep', y([2], [[1], [2, 3]]), /2 elements of output y do not fill/],
  ['ragged data', y([2, 2], [[1, 2, 3], [4]]), /do not fill its shape \[2,2\]/],
  ['data nested in part', y([2, 1], [[1], 2]), /do not fill its shape \[2,1\]/],
  ['an object for an element', y([2], [1, {}]), /do not fill/],
  ['a row too few', y([1], [1]), /has 1 rows for 2 inputs/],
  ['no rows at all', y([], [1]), /has undefined rows/],
  ['another rank', y([2, 2], [1, 2, 3, 4]), /shape \[2,2\] where the signature says \[-1\]/],
]

for (const [what, body, reason] of broken) {
  test(`upstream_failed for ${what}`, () => {
    assert.throws(
      () => read([-1], 2, body),
      (error: { code?: string; facts?: { reason?: string } }) => {
        assert.equal(error.code, 'upstream_failed')
        assert.match(error.facts?.reason ?? '', reason)
        return true
      },
    )
  })
}

test('an integer that JSON.parse has rounded reaches nobody', () => {
  const body = (datatype: string, value: string) =>
    `{"outputs":[{"name":"y","datatype":"${datatype}","shape":[1],"data":[${value}]}]}`
  for (const [datatype, value] of [
    ['INT64', '9007199254740993'],
    ['INT64', '-9007199254740993'],
    ['UINT64', '18446744073709551615'],
  ] as const) {
    assert.throws(() => read([-1], 1, body(datatype, value)), {
      code: 'upstream_failed',
      facts: { reason: `output y holds a number that JSON cannot carry as ${datatype} without rounding it` },
    })
  }
  assert.deepEqual(read([-1], 1, body('INT64', '9007199254740991')), [{ y: 9007199254740991 }])
  assert.deepEqual(read([-1], 1, body('FP64', '9007199254740992')), [{ y: 9007199254740992 }])
})
