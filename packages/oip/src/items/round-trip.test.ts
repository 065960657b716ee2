import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bf16OfNumber, numberOfBf16 } from '../bf16.ts'
import { DATATYPES, type Datatype } from '../datatype.ts'
import type { TensorSpec } from '../tensor.ts'
import { groupItems } from './row-dims.ts'
import { startBatch } from './start-batch.ts'
import { tensorsToItems } from './tensors-to-items.ts'

test('items -> tensors -> items gives the same items, for any signature and any batch', () => {
  fc.assert(
    fc.property(specsAndItems, ([specs, items]) => {
      const returned: unknown[] = []
      for (const { dims, places } of groupItems(specs, items)) {
        const batch = startBatch(specs, dims, places.length)
        for (const place of places) assert.equal(batch.add(items[place]), undefined)
        const rows = tensorsToItems(specs, batch.tensors(), places.length)
        for (const [row, place] of places.entries()) returned[place] = rows[row]
      }
      assert.deepEqual(returned, items)
    }),
    { numRuns: 500 },
  )
})

const element: Readonly<Record<Datatype, fc.Arbitrary<unknown>>> = {
  BOOL: fc.boolean(),
  UINT8: fc.integer({ min: 0, max: 255 }),
  UINT16: fc.integer({ min: 0, max: 65_535 }),
  UINT32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  UINT64: fc.maxSafeNat(),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32_768, max: 32_767 }),
  INT32: fc.integer(),
  INT64: fc.maxSafeInteger(),
  FP16: fc.float({ noNaN: true, min: -65_504, max: 65_504 }).map(Math.f16round),
  BF16: fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 }).map((value) => numberOfBf16(bf16OfNumber(value))),
  FP32: fc
    .integer({ min: -9_999_999, max: 9_999_999 })
    .chain((digits) => fc.integer({ min: -8, max: 1 }).map((exponent) => Number(`${digits}e${exponent}`))),
  FP64: fc.double({ noNaN: true, noDefaultInfinity: true }),
  BYTES: fc.string({ unit: 'binary' }),
}

const spec: fc.Arbitrary<TensorSpec> = fc.record({
  name: fc.string().filter((name) => name !== '__proto__'),
  datatype: fc.constantFrom(...(Object.keys(DATATYPES) as Datatype[])),
  shape: fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }).map((dims) => [-1, ...dims]),
})

const specsAndItems = fc
  .uniqueArray(spec, { selector: ({ name }) => name, minLength: 1, maxLength: 3 })
  .chain((specs) => fc.tuple(fc.constant(specs), fc.array(itemOf(specs), { maxLength: 6 })))

function itemOf(specs: readonly TensorSpec[]): fc.Arbitrary<Record<string, unknown>> {
  const fields = specs.map(({ name, datatype, shape }) =>
    fc
      .tuple(...shape.slice(1).map((size) => (size === -1 ? fc.integer({ min: 0, max: 3 }) : fc.constant(size))))
      .chain((dims) => nested(element[datatype], dims))
      .map((value) => [name, value] as const),
  )
  return fc.tuple(...fields).map((entries) => Object.fromEntries(entries))
}

function nested(leaf: fc.Arbitrary<unknown>, [size, ...inner]: readonly number[]): fc.Arbitrary<unknown> {
  if (size === undefined) return leaf
  return fc.array(nested(leaf, inner), { minLength: size, maxLength: size })
}
