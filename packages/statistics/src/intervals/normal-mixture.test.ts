import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normalQuantile } from '../special/normal.ts'
import {
  lnEValue,
  lnMixture,
  lnMixtureOneSided,
  mixtureBoundOneSided,
  oneSidedRadius,
  pOfLnE,
  priorUnits,
  radius,
  runningP,
  studentRadius,
} from './normal-mixture.ts'

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)

test('the radius has the published values at N* = 5000', () => {
  const g = priorUnits(5000, 0.05)
  near(radius(1000, g, 0.05), 3.36, 0.005)
  near(radius(5000, g, 0.05), 3.04, 0.005)
  near(radius(20_000, g, 0.05), 3.13, 0.005)
})

test('two-sided: the values of confseq', () => {
  const rho = priorUnits(100, 0.05)
  near(rho, 12.60056, 5e-6)
  near(lnMixture(10, 100, rho), -0.6510052, 5e-8)
  near(radius(100, rho, 0.05) * Math.sqrt(100), 30.35209, 5e-6)
})

test('one-sided: the values of confseq, and the closed form lies just above', () => {
  const rho = priorUnits(100, 0.1)
  near(lnMixtureOneSided(10, 100, rho), -0.06502391, 5e-9)
  const exact = mixtureBoundOneSided(100, rho, 0.05)
  near(exact, 27.66071, 5e-6)
  const closed = oneSidedRadius(100, rho, 0.05) * Math.sqrt(100)
  assert.ok(closed >= exact && closed < exact * 1.02, `${closed}`)
})

const units = fc.integer({ min: 1, max: 1_000_000 })
const size = fc.integer({ min: 50, max: 100_000 })
const level = fc.double({ min: 1e-4, max: 0.2, noNaN: true })

test('e reaches 1/alpha exactly at the radius, plain and Student', () => {
  fc.assert(
    fc.property(units, size, level, fc.integer({ min: 5, max: 100_000 }), (n, expected, alpha, degrees) => {
      const g = priorUnits(expected, alpha)
      near(pOfLnE(lnEValue(radius(n, g, alpha), n, g)), alpha, 1e-9)
      const student = studentRadius(n, degrees, g, alpha)
      if (student < 1e6) near(pOfLnE(lnEValue(student, n, g, degrees)), alpha, 1e-6)
    }),
  )
})

test('a sequence that may be looked at any time is never narrower than the fixed interval', () => {
  fc.assert(
    fc.property(units, size, level, fc.integer({ min: 5, max: 100_000 }), (n, expected, alpha, degrees) => {
      const g = priorUnits(expected, alpha)
      assert.ok(radius(n, g, alpha) >= normalQuantile(1 - alpha / 2))
      assert.ok(studentRadius(n, degrees, g, alpha) >= radius(n, g, alpha) - 1e-9)
      assert.ok(oneSidedRadius(n, priorUnits(expected, 2 * alpha), alpha) >= normalQuantile(1 - alpha))
    }),
  )
})

test('the Student radius is infinite with too little data and tends to the plain one', () => {
  const g = priorUnits(5000, 0.05)
  assert.equal(studentRadius(4, 2, g, 0.05), Number.POSITIVE_INFINITY)
  near(studentRadius(20_000, 1e9, g, 0.05), radius(20_000, g, 0.05), 1e-6)
})

test('a running p never rises', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1 }), (lnEs) => {
      let p: number | undefined
      for (const lnE of lnEs) {
        const next = runningP(p, pOfLnE(lnE))
        assert.ok(next <= (p ?? 1) && next <= pOfLnE(lnE))
        p = next
      }
    }),
  )
})
