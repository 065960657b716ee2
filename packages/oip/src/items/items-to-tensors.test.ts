import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datatype } from '../datatype.ts'
import type { TensorSpec } from '../tensor.ts'
import { itemsToTensors } from './items-to-tensors.ts'
import { MisfitError } from './misfit.ts'
import { groupItems } from './row-dims.ts'
import { startBatch } from './start-batch.ts'
import { tensorsToItems } from './tensors-to-items.ts'

const spec = (shape: readonly number[], datatype: Datatype = 'FP32'): TensorSpec => ({ name: 'f', datatype, shape })

function pack(f: unknown, shape: readonly number[], datatype?: Datatype) {
  const [tensor] = itemsToTensors([spec(shape, datatype)], [{ f }])
  return { shape: tensor?.shape, data: [...(tensor?.data ?? [])] }
}

const fitting: readonly (readonly [unknown, readonly number[], readonly number[], readonly number[]])[] = [
  [7, [-1], [1], [7]],
  [7, [1], [1], [7]],
  [
    [1, 2],
    [-1, 2],
    [1, 2],
    [1, 2],
  ],
  [
    [1, 2, 3],
    [-1, -1],
    [1, 3],
    [1, 2, 3],
  ],
  [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [-1, 2, -1],
    [1, 2, 3],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    [[[1]], [[2]]],
    [-1, -1, 1, 1],
    [1, 2, 1, 1],
    [1, 2],
  ],
  [[], [-1, -1, 3], [1, 0, 3], []],
  [[], [-1, -1, -1], [1, 0, 0], []],
  [7, [-1, 1], [1, 1], [7]],
  [7, [-1, 1, 1], [1, 1, 1], [7]],
]

for (const [value, shape, packed, data] of fitting) {
  test(`${JSON.stringify(value)} is a row of [${shape}]`, () => {
    assert.deepEqual(pack(value, shape), { shape: packed, data })
  })
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
    assert.throws(
      () => pack(value, shape),
      (error) => {
        assert.ok(error instanceof MisfitError)
        assert.deepEqual([error.place, error.violations.length], [0, 1])
        assert.equal(error.violations[0]?.path, path)
        assert.match(error.violations[0]?.message ?? '', message)
        return true
      },
    )
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
  FP16: { good: [0.5, 65_504, -65_504], bad: [65_520, -65_520, JSON.parse('1e999'), '0.5'] },
  BF16: { good: [0.5, 3.38e38, -3.38e38], bad: [3.4e38, JSON.parse('1e999'), '0.5'] },
  FP32: { good: [0.5, 16_777_216, 0], bad: [3.5e38, JSON.parse('1e999'), null] },
  FP64: { good: [0.5, 1.7e308], bad: [JSON.parse('-1e999'), null, '0.5'] },
  BYTES: { good: ['', '😀'], bad: [1, null, ['a']] },
}

/** Those of `good` that the datatype holds rounded; the others come back as they went in. */
const rounded: readonly unknown[] = [3.38e38, -3.38e38]

for (const [datatype, { good, bad }] of Object.entries(elements) as [Datatype, (typeof elements)['BOOL']][]) {
  test(`${datatype} takes its edges and nothing beyond`, () => {
    for (const f of good) {
      const [item] = tensorsToItems([spec([-1], datatype)], itemsToTensors([spec([-1], datatype)], [{ f }]), 1)
      if (!rounded.includes(f)) assert.deepEqual(item, { f })
    }
    for (const value of bad) assert.throws(() => pack(value, [-1], datatype), MisfitError, `refuses ${value}`)
  })
}

test('what is rounded stays as near as the datatype allows', () => {
  const bf16 = itemsToTensors([spec([-1, 4], 'BF16')], [{ f: [0.1, 1e-60, 3.38e38, -1.00390625] }])
  const [item] = tensorsToItems([spec([-1, 4], 'BF16')], bf16, 1)
  assert.deepEqual(item, { f: [0.10009765625, 0, 3.3762391092936863e38, -1] })
  assert.deepEqual(pack([0.1, 1e-60], [-1, 2], 'FP32').data, [Math.fround(0.1), 0])
})

test("a field is missing unless it is the item's own", () => {
  for (const item of [{}, null, 'text', [1], undefined]) {
    const specs: readonly TensorSpec[] = [{ name: 'length', datatype: 'INT32', shape: [-1] }]
    assert.throws(() => itemsToTensors(specs, [item]), { message: '/0/length is missing' })
  }
  const specs: readonly TensorSpec[] = [{ name: 'constructor', datatype: 'BYTES', shape: [-1, -1] }]
  assert.throws(() => itemsToTensors(specs, [{}]), { message: '/0/constructor is missing' })
})

test('every field that is wrong is told, its path a JSON Pointer', () => {
  const specs: readonly TensorSpec[] = [{ name: 'a/b~c', datatype: 'BOOL', shape: [-1] }, spec([-1])]
  assert.throws(() => itemsToTensors(specs, [{ 'a/b~c': true, f: 1 }, {}]), {
    message: '/1/a~1b~0c is missing; /1/f is missing',
  })
})

test('the first item sets the variable dimensions', () => {
  assert.throws(() => itemsToTensors([spec([-1, -1])], [{ f: [1, 2] }, { f: [1] }]), {
    message: '/1/f must have 2 elements, not 1',
  })
})

test('an item that does not fit becomes no row of a batch', () => {
  const batch = startBatch([spec([-1, 2]), { name: 't', datatype: 'BYTES', shape: [-1] }], [[2], []], 3)
  assert.equal(batch.add({ f: [1, 2], t: 'a' }), undefined)
  assert.deepEqual(
    batch.add({ f: [3, 'x'], t: 5 })?.map(({ path }) => path),
    ['/f/1', '/t'],
  )
  assert.equal(batch.add({ f: [5, 6], t: 'c' }), undefined)
  assert.deepEqual(batch.tensors(), [
    { name: 'f', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 5, 6) },
    { name: 't', datatype: 'BYTES', shape: [2], data: ['a', 'c'] },
  ])
})

test('no items are tensors without rows', () => {
  assert.deepEqual(itemsToTensors([spec([-1, 2])], []), [
    { name: 'f', datatype: 'FP32', shape: [0, 2], data: new Float32Array() },
  ])
})

test('items share a batch exactly when their variable dimensions agree', () => {
  const specs: readonly TensorSpec[] = [
    { name: 'a', datatype: 'FP32', shape: [-1, -1] },
    { name: 'b', datatype: 'FP32', shape: [-1, 1, -1] },
  ]
  const item = (a: number, b: number) => ({ a: Array(a).fill(a), b: [Array(b).fill(b)] })
  const groups = groupItems(specs, [item(1, 12), item(11, 2), item(1, 12), item(1, 2), item(11, 2)])
  assert.deepEqual(
    groups.map(({ places }) => places),
    [[0, 2], [1, 4], [3]],
  )
})
