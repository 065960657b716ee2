import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chiSquareOfCounts, chiSquareTail } from './chi-square.ts'
import { incompleteGamma, lnBeta, lnGamma, lnMultivariateBeta } from './gamma.ts'
import { lnNormalCdf, normalCdf, normalQuantile } from './normal.ts'

const near = (actual: number, expected: number, relative = 1e-10) =>
  assert.ok(
    Math.abs(actual - expected) <= relative * Math.max(Math.abs(expected), 1e-300),
    `${actual} is not within ${relative} of ${expected}`,
  )

test('lnGamma and lnBeta have their known values', () => {
  near(lnGamma(0.5), Math.log(Math.sqrt(Math.PI)))
  near(lnGamma(0.1), 2.252712651734206)
  near(lnGamma(10), Math.log(362_880))
  near(lnGamma(100), 359.1342053695754)
  near(lnGamma(1e6), 12_815_504.569147611)
  assert.ok(Math.abs(lnGamma(1)) < 1e-14)
  near(lnBeta(2, 3), Math.log(1 / 12))
  near(lnMultivariateBeta([2, 3]), lnBeta(2, 3))
  assert.ok(Number.isNaN(lnGamma(0)))
})

test('lnGamma obeys its recurrence', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), (x) =>
      assert.ok(Math.abs(lnGamma(x + 1) - lnGamma(x) - Math.log(x)) < 1e-10 * Math.max(1, lnGamma(x + 1))),
    ),
  )
})

test('the normal distribution has its known values, far into its tails', () => {
  near(normalCdf(-1.96), 0.024997895148220435)
  near(normalCdf(1.96), 0.9750021048517795)
  near(normalCdf(-5), 2.866515718791939e-7)
  near(normalCdf(-10), 7.619853024160527e-24)
  near(lnNormalCdf(-35.1), lnNormalCdf(-35) + (lnNormalCdf(-34.9) - lnNormalCdf(-34.8)) * (35.05 / 34.85), 1e-5)
  near(normalQuantile(0.975), 1.959963984540054)
  near(normalQuantile(0.8), 0.8416212335729143)
  near(normalQuantile(1e-10), -6.361340902404056)
  assert.equal(Math.abs(normalQuantile(0.5)), 0)
  assert.equal(normalQuantile(0), Number.NEGATIVE_INFINITY)
  assert.equal(normalQuantile(1), Number.POSITIVE_INFINITY)
})

test('quantile and cdf are inverse', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 0.5, noNaN: true }), (p) => near(normalCdf(normalQuantile(p)), p, 1e-11)),
  )
})

test('chi-square has its known values', () => {
  near(chiSquareTail(3.841458820694124, 1), 0.05)
  near(chiSquareTail(18.307038053275146, 10), 0.05)
  near(incompleteGamma(1, 2).q, Math.exp(-2))
})

test('the chi-square check of sample ratios agrees with GrowthBook', () => {
  near(chiSquareOfCounts([1000, 1200], [0.5, 0.5]).p, 0.000020079, 5e-5)
  near(chiSquareOfCounts([310, 98], [0.75, 0.25]).p, 0.647434186, 1e-8)
  assert.equal(chiSquareOfCounts([0, 0], [0.5, 0.5]).p, 1)
})
