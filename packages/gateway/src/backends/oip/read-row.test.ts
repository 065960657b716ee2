import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datatype } from '../../kernel/tensors.ts'
import { readRow } from './read-row.ts'

const read = (f: unknown, shape: readonly number[], datatype: Datatype = 'FP32') =>
  readRow({ f }, { name: 'f', datatype, shape })

const fitting: readonly (readonly [unknown, readonly number[], unknown])[] = [
  [7, [-1], { dims: [], values: [7] }],
  [7, [1], { dims: [], values: [7] }],
  [[1, 2], [-1, 2], { dims: [2], values: [1, 2] }],
  [[1, 2, 3], [-1, -1], { dims: [3], values: [1, 2, 3] }],
  [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [-1, 2, -1],
    { dims: [2, 3], values: [1, 2, 3, 4, 5, 6] },
  ],
  [[[[1]], [[2]]], [-1, -1, 1, 1], { dims: [2, 1, 1], values: [1, 2] }],
  [[], [-1, -1, 3], { dims: [0, 3], values: [] }],
  [[], [-1, -1, -1], { dims: [0, 0], values: [] }],
  [7, [-1, 1], { dims: [1], values: [7] }],
  [7, [-1, 1, 1], { dims: [1, 1], values: [7] }],
]

for (const [value, shape, row] of fitting) {
  test(`${JSON.stringify(value)} is a row of [${shape}]`, () => assert.deepEqual(read(value, shape), row))
}

const misfits: readonly (readonly [unknown, readonly number[], string, RegExp])[] = [
  [[7], [-1], '/f', /must be an FP32 number/],
  [7, [-1, 2], '/f', /must be an array/],
  [7, [-1, -1], '/f', /must be an array/],
  [null, [-1, 1], '/f', /must be an FP32 number/],
  [[1, 2, 3], [-1, 2], '/f', /must have 2 elements, not 3/],
  [[1, 'two'], [-1, 2], '/f/1', /must be an FP32 number/],
  [[[1, 2], [3]], [-1, 2, 2], '/f/1', /must have 2 elements, not 1/],
  [[[1, 2], [3]], [-1, -1, -1], '/f/1', /must have 2 elements, not 1/],
  [[[1], 2], [-1, 2, 1], '/f/1', /must be an array/],
]

for (const [value, shape, path, message] of misfits) {
  test(`${JSON.stringify(value)} is no row of [${shape}]`, () => {
    const fault = read(value, shape)
    assert.ok('message' in fault)
    assert.equal(fault.path, path)
    assert.match(fault.message, message)
  })
}

const elements: Readonly<Record<Datatype, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>> = {
  BOOL: { good: [true, false], bad: [0, 'true', null] },
  UINT8: { good: [0, 255], bad: [-1, 256, 0.5, '1'] },
  UINT16: { good: [0, 65_535], bad: [-1, 65_536] },
  UINT32: { good: [0, 2 ** 32 - 1], bad: [-1, 2 ** 32] },
  UINT64: { good: [0, 2 ** 53 - 1], bad: [-1, 2 ** 53] },
  INT8: { good: [-128, 127], bad: [-129, 128] },
  INT16: { good: [-32_768, 32_767], bad: [-32_769, 32_768] },
  INT32: { good: [-(2 ** 31), 2 ** 31 - 1], bad: [-(2 ** 31) - 1, 2 ** 31] },
  INT64: { good: [1 - 2 ** 53, 2 ** 53 - 1], bad: [-(2 ** 53), 2 ** 53, true] },
  FP16: { good: [0.5], bad: [JSON.parse('1e999'), '0.5'] },
  BF16: { good: [0.5], bad: [JSON.parse('1e999'), '0.5'] },
  FP32: { good: [0.5, 3.4e38, 1e-60], bad: [3.5e38, JSON.parse('1e999'), null] },
  FP64: { good: [0.5, 1.7e308], bad: [JSON.parse('-1e999'), null, '0.5'] },
  BYTES: { good: ['', '😀'], bad: [1, null, ['a']] },
}

for (const [datatype, { good, bad }] of Object.entries(elements) as [Datatype, (typeof elements)['BOOL']][]) {
  test(`${datatype} takes its edges and nothing beyond`, () => {
    for (const value of good) assert.ok('values' in read(value, [-1], datatype), `takes ${value}`)
    for (const value of bad) assert.ok('message' in read(value, [-1], datatype), `refuses ${value}`)
  })
}

test("a field is missing unless it is the item's own", () => {
  for (const item of [{}, null, 'text', [1], undefined]) {
    const spec = { name: 'length', datatype: 'INT32', shape: [-1] } as const
    assert.deepEqual(readRow(item, spec), { path: '/length', message: 'is missing' })
  }
  const spec = { name: 'constructor', datatype: 'BYTES', shape: [-1] } as const
  assert.deepEqual(readRow({}, spec), { path: '/constructor', message: 'is missing' })
})

test('the path of a field is a JSON Pointer', () => {
  assert.deepEqual(readRow({}, { name: 'a/b~c', datatype: 'BOOL', shape: [-1] }), {
    path: '/a~1b~0c',
    message: 'is missing',
  })
})
