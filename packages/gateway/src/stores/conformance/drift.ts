import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countValue, type DriftPart, emptySketch } from '../../kernel/drift.ts'
import type { NewPlace } from '../conformance.ts'
import { withPlace, withStore } from './samples.ts'

const hour = 500_000

function part(values: readonly (number | string)[], over: Partial<DriftPart> = {}): DriftPart {
  const sketch = emptySketch(typeof values[0] === 'string' ? 'categories' : 'numbers')
  for (const value of values) countValue(sketch, value)
  return { ...{ model: 'spam', major: 1, version: '1.0', hour, first: false, feature: 'length', sketch }, ...over }
}

const contract = { model: 'spam', major: 1 }
const all = { ...contract, from: 0, to: hour + 1000 }

export function driftConformance(newPlace: NewPlace): void {
  test('sketches of drift add up as if all had been counted in one, and outlive the store', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      await before.drift.add([part([1, 2]), part(['spam'], { feature: 'label' }), part([9], { version: "o'neill" })])
      await before.close()
      const { drift, close } = await place.open()
      await drift.add([part([3]), part(['ham', 'spam'], { feature: 'label' }), part([4], { hour: hour + 1 })])
      await drift.add([part([7], { model: 'digits' }), part([8], { major: 2 })])
      await drift.add([])
      const told = await drift.sums(all)
      const expected = [part(['spam', 'ham', 'spam'], { feature: 'label' }), part([1, 2, 3, 4])]
      assert.deepEqual(told.slice(0, 2).map(rounded), expected.map(toldOf).map(rounded))
      assert.deepEqual(
        told.map(({ version, feature }) => `${version} ${feature}`),
        ['1.0 label', '1.0 length', "o'neill length"],
      )
      assert.deepEqual(await drift.sums({ ...all, model: 'unknown' }), [])
      await close()
    }))

  test('sketches of drift are asked for by hours, and by whether they are of the first calls', () =>
    withStore(newPlace, async ({ drift }) => {
      await drift.add([
        part([1], { first: true }),
        part([2]),
        part([4], { hour: hour + 1 }),
        part([8], { hour: hour + 2 }),
      ])
      const sumOf = async (query: object) => {
        const [sum] = await drift.sums({ ...all, ...query })
        return sum?.sketch.kind === 'numbers' ? Math.round(sum.sketch.mean * sum.sketch.count) : undefined
      }
      assert.equal(await sumOf({}), 15)
      assert.equal(await sumOf({ first: true }), 1)
      assert.equal(await sumOf({ first: false }), 14)
      assert.equal(await sumOf({ from: hour, to: hour + 1 }), 3)
      assert.equal(await sumOf({ from: hour + 1, to: hour + 2, first: false }), 4)
      assert.equal(await sumOf({ from: hour + 3 }), undefined)
    }))

  test('sketches of drift of two versions are those of the hours in which both have values', () =>
    withStore(newPlace, async ({ drift }) => {
      await drift.add([
        part([1], { first: true }),
        part([2], { hour: hour + 1 }),
        part([4], { hour: hour + 2, first: true }),
        part([8], { hour: hour + 2 }),
        part([16], { version: '1.1' }),
        part([32], { version: '1.1', hour: hour + 2 }),
        part([64], { version: '1.1', hour: hour + 3 }),
        part([128], { version: '1.2' }),
        part([256], { version: '1.2', hour: hour + 1 }),
        part([1], { version: '1.1', hour: hour + 1, feature: 'other' }),
      ])
      const both = async (a: string, b: string, query: object = {}) => {
        const sums = await drift.sums({ ...all, ...query, both: [a, b] })
        return sums.map(({ version, feature, sketch }) => {
          const sum = sketch.kind === 'numbers' ? Math.round(sketch.mean * sketch.count) : 0
          return `${version} ${feature} ${sum}`
        })
      }
      assert.deepEqual(await both('1.0', '1.1'), ['1.0 length 13', '1.1 length 48'])
      assert.deepEqual(await both('1.1', '1.0', { from: hour + 1 }), ['1.0 length 12', '1.1 length 32'])
      assert.deepEqual(await both('1.0', '2.0'), [])
    }))

  test('old sketches of drift go, but for those of a reference', () =>
    withStore(newPlace, async ({ drift }) => {
      const old = hour - 100
      await drift.add([
        part([1], { first: true, hour: old }),
        part([2], { first: true, hour: old, version: '0.9' }),
        part([3], { hour: old }),
        part([4], { hour: old - 10 }),
        part([5]),
        part([6], { model: 'digits', hour: old }),
        part([7], { model: 'digits', hour: old, first: true }),
        part([8], { model: 'digits' }),
      ])
      await drift.forget(hour, [{ ...contract, versions: ['1.0'], reference: { from: old - 20, to: old - 5 } }])
      const left = async (query: object) => {
        const sums = await drift.sums({ ...all, ...query })
        return sums.map(({ version, sketch }) => [version, sketch.kind === 'numbers' ? sketch.mean : undefined])
      }
      assert.deepEqual(await left({ first: true }), [['1.0', 1]])
      assert.deepEqual(await left({ first: false, to: hour }), [['1.0', 4]])
      assert.deepEqual(await left({ from: hour }), [['1.0', 5]])
      assert.deepEqual(await left({ model: 'digits' }), [['1.0', 8]])
      await drift.forget(hour, [])
      assert.deepEqual(await left({}), [['1.0', 5]])
    }))
}

function toldOf({ version, feature, sketch }: DriftPart) {
  return { version, feature, sketch }
}

/** The last digits of moments depend on the order. */
function rounded<T extends { readonly sketch: DriftPart['sketch'] }>(sum: T): T {
  const { sketch } = sum
  if (sketch.kind !== 'numbers') return sum
  return { ...sum, sketch: { ...sketch, mean: sketch.mean.toFixed(9), squares: sketch.squares.toFixed(9) } }
}
