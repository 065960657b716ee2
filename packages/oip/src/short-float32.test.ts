import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shortFloat32 } from './short-float32.ts'

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
