import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DrawnCases } from './drawn-cases.ts'

const places = fc.uniqueArray(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 200 })
const drawnOf = (ats: readonly number[], most: number, bytesMax = 1e9) => {
  const drawing = new DrawnCases(most, bytesMax)
  for (const [i, at] of ats.entries()) drawing.add({ at, one: { id: String(i), input: 'x' }, redacted: false })
  return drawing.told()
}

test('those that fall lowest are drawn, whenever they come, and told as they came', () => {
  fc.assert(
    fc.property(places, fc.integer({ min: 1, max: 50 }), (ats, most) => {
      const lowest = new Set(ats.toSorted((a, b) => a - b).slice(0, most))
      const { drawn, seen } = drawnOf(ats, most)
      assert.deepEqual([drawn.map(({ at }) => at), seen], [ats.filter((at) => lowest.has(at)), ats.length])
    }),
  )
})

test('where bytes are fewer than places, they are still the lowest ones', () => {
  const bytes = Buffer.byteLength(JSON.stringify({ id: '0', input: 'x' }))
  const { drawn } = drawnOf([0.5, 0.4, 0.9, 0.1, 0.3, 0.2, 0.8], 5, 3 * bytes)
  assert.deepEqual(
    drawn.map(({ at }) => at),
    [0.1, 0.3, 0.2],
  )
})
