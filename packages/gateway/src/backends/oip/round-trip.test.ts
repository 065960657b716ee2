import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Item } from '../../kernel/answer.ts'
import { type Datatype, datatypes, type TensorSpec } from '../../kernel/tensors.ts'
import { type Batch, toBatches, toTensors } from './batches.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeRequest } from './encode-request.ts'
import { toOutputs } from './outputs.ts'

/** A model that gives its inputs back: what comes out has to be what went in, whatever was grouped on the way. */
function throughTheWire(specs: readonly TensorSpec[], items: readonly unknown[]) {
  const signature = { inputs: specs, outputs: specs }
  const refused: Item[] = []
  const batches = toBatches(signature, items, refused)
  const returned: unknown[] = []
  for (const batch of batches) {
    const { inputs } = JSON.parse(encodeRequest(toTensors(signature, batch)))
    const body = Buffer.from(JSON.stringify({ outputs: inputs }))
    const outputs = toOutputs(signature, decodeResponse({ status: 200, headers: {}, body }), batch.places.length)
    batch.places.forEach((place, row) => {
      returned[place] = outputs[row]
    })
  }
  return { returned, refused, batches }
}

test('items -> tensors -> items gives the same items, for any signature and any batch', () => {
  fc.assert(
    fc.property(specsAndItems, ([specs, items]) => {
      const { returned, refused, batches } = throughTheWire(specs, items)
      assert.deepEqual(refused, [])
      assert.deepEqual(returned, items)
      assert.deepEqual(
        batches.flatMap(({ places }) => places).toSorted((a, b) => a - b),
        [...items.keys()],
      )
      if (specs.some(({ shape }) => shape[0] === 1)) assert.ok(batches.every(holdsOne))
    }),
    { numRuns: 500 },
  )
})

test('items share a request exactly when their variable dimensions agree', () => {
  const specs: readonly TensorSpec[] = [
    { name: 'a', datatype: 'FP32', shape: [-1, -1] },
    { name: 'b', datatype: 'FP32', shape: [-1, 1, -1] },
  ]
  const item = (a: number, b: number) => ({ a: Array(a).fill(a), b: [Array(b).fill(b)] })
  const { batches } = throughTheWire(specs, [item(1, 12), item(11, 2), item(1, 12), item(1, 2), item(11, 2)])
  assert.deepEqual(
    batches.map(({ places }) => places),
    [[0, 2], [1, 4], [3]],
  )
})

const holdsOne = ({ places }: Batch) => places.length === 1

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
  FP16: number(),
  BF16: number(),
  FP32: number(),
  FP64: fc.double({ noNaN: true, noDefaultInfinity: true }).map(withoutMinusZero),
  BYTES: fc.string({ unit: 'binary' }),
}

function number() {
  return fc.float({ noNaN: true, noDefaultInfinity: true }).map(withoutMinusZero)
}

/** JSON has none. */
function withoutMinusZero(value: number): number {
  return value === 0 ? 0 : value
}

const spec: fc.Arbitrary<TensorSpec> = fc.record({
  name: fc.string().filter((name) => name !== '__proto__'),
  datatype: fc.constantFrom(...datatypes),
  shape: fc
    .tuple(fc.constantFrom(-1, -1, -1, 1), fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }))
    .map(([batch, dims]) => [batch, ...dims]),
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
