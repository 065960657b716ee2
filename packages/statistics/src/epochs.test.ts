import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { combineEpochs, combineLnEValues } from './epochs.ts'

const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)

test('one epoch of equal arms is the plain difference: its n, its error, Welch degrees', () => {
  const both = combineEpochs([
    { control: { n: 100, value: 1, variance: 4 }, candidate: { n: 100, value: 2, variance: 4 } },
  ])
  assert.ok(both !== undefined)
  assert.equal(both.clock, 200)
  assert.equal(both.units, 200)
  near(both.control.squaredError + both.candidate.squaredError, 0.08)
  near(both.degrees, 198)
})

test('traffic that gets better while weights move makes no effect out of nothing (Simpson)', () => {
  // Both arms have 50 % in the first epoch and 90 % in the second; the candidate gets most of its units in the second.
  const both = combineEpochs([
    { control: { n: 9000, value: 0.5, variance: 0.25 }, candidate: { n: 1000, value: 0.5, variance: 0.25 } },
    { control: { n: 1000, value: 0.9, variance: 0.09 }, candidate: { n: 9000, value: 0.9, variance: 0.09 } },
  ])
  assert.ok(both !== undefined)
  near(both.candidate.value - both.control.value, 0)
  const pooled = (1000 * 0.5 + 9000 * 0.9) / 10_000 - (9000 * 0.5 + 1000 * 0.9) / 10_000
  assert.ok(pooled > 0.3)
})

test('splitting one epoch into two alike changes neither estimate nor clock', () => {
  const arm = fc.record({
    n: fc.integer({ min: 2, max: 5000 }),
    value: fc.double({ min: -10, max: 10, noNaN: true }),
    variance: fc.double({ min: 0.01, max: 10, noNaN: true }),
  })
  fc.assert(
    fc.property(arm, arm, (control, candidate) => {
      const half = { control, candidate }
      const whole = {
        control: { ...control, n: 2 * control.n },
        candidate: { ...candidate, n: 2 * candidate.n },
      }
      const [one, two] = [combineEpochs([whole]), combineEpochs([half, half])]
      assert.ok(one !== undefined && two !== undefined)
      near(one.clock, two.clock, 1e-6)
      near(one.control.value, two.control.value)
      near(one.candidate.squaredError, two.candidate.squaredError)
    }),
  )
})

test('epochs that say nothing are left out; e-values multiply', () => {
  const empty = { n: 0, value: Number.NaN, variance: Number.NaN }
  assert.equal(combineEpochs([{ control: empty, candidate: { n: 5, value: 1, variance: 1 } }]), undefined)
  assert.equal(combineEpochs([]), undefined)
  near(combineLnEValues([Math.log(2), Math.log(5)]), Math.log(10))
})
