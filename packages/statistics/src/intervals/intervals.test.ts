import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addPair, addValue, emptyMoments, emptyPairs } from '../moments.ts'
import { lnBeta } from '../special/gamma.ts'
import { bernoulliInterval } from './bernoulli.ts'
import { betaMixture, lnBetaMixture, lnBetaMixtureLeast } from './beta-binomial.ts'
import { type Comparison, comparisonOf, comparisonOfRates, seenIn } from './comparison.ts'
import { contrast, deltaMethodLift, differenceInterval, isShownBeyond, liftInterval, lnEAgainst } from './contrast.ts'
import { cupedEstimates, type Estimate, ratioEstimate } from './estimate.ts'
import { contains } from './interval.ts'
import { pOfLnE, priorUnits, radius } from './normal-mixture.ts'

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)

test('the relative lift by the delta method: the values of GrowthBook', () => {
  const sample = (hits: number, n: number) => ({ n, mean: hits / n, variance: (hits / n) * (1 - hits / n) })
  const lift = deltaMethodLift(sample(1396, 3000), sample(2422, 3461))
  near(lift.estimate, 0.50386, 1e-5)
  near(lift.standardError, 0.03386, 1e-5)
  const wide = lift.standardError * radius(6461, priorUnits(5000, 0.05), 0.05)
  near(lift.estimate - wide, 0.40098, 1e-5)
  near(lift.estimate + wide, 0.60675, 1e-5)
})

test('the exact interval of a Bernoulli probability: the values of confseq', () => {
  const many = bernoulliInterval(700, 1000, { alpha: 0.05, expectedValues: 100 })
  near(many.lower, 0.651629, 5e-6)
  near(many.upper, 0.745949, 5e-6)
  const few = bernoulliInterval(15, 50, { alpha: 0.05, expectedValues: 50 })
  near(few.lower, 0.129556, 5e-6)
  near(few.upper, 0.511896, 5e-6)
})

test('the exact interval lies in [0, 1] around its estimate, for every count', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const hits = Math.round(n * share)
      const { lower, upper } = bernoulliInterval(hits, n, { alpha: 0.05, expectedValues: 500 })
      assert.ok(lower >= 0 && upper <= 1 && lower <= upper)
      if (n > 0) assert.ok(lower <= hits / n && hits / n <= upper)
    }),
  )
})

test('the simplified beta-binomial mixture is the formula of Howard et al.; its least value is found', () => {
  const [g, n, k] = [0.3, 50, 21]
  const mixture = betaMixture(g, 80)
  const [h, s, v, r] = [1 - g, k - g * n, g * (1 - g) * n, mixture.b * g]
  const asPublished =
    -((v + h * s) / h) * Math.log(g) -
    ((v - g * s) / g) * Math.log(h) +
    lnBeta((r + v - g * s) / g, (r + v + h * s) / h) -
    lnBeta(r / g, r / h)
  near(lnBetaMixture(mixture, k, n), asPublished, 1e-10)
  const least = lnBetaMixtureLeast(mixture, 0, n, n)
  for (let i = 0; i <= n; i++) assert.ok(least <= lnBetaMixture(mixture, i, n) + 1e-3)
})

const estimate = fc.record({
  n: fc.integer({ min: 2, max: 50_000 }),
  value: fc.double({ min: -100, max: 100, noNaN: true }),
  variance: fc.double({ min: 1e-6, max: 1e4, noNaN: true }),
})
const positive = estimate.map((e) => ({ ...e, value: Math.abs(e.value) + 0.1 }))
const options = { alpha: 0.05, expectedUnits: 5000 }
const combined = (control: Estimate, candidate: Estimate) => comparisonOf([{ control, candidate }])
function effectOf(comparison: Comparison): number {
  const seen = seenIn(comparison)
  assert.ok(seen !== undefined)
  return contrast(seen).estimate
}

test('intervals contain their estimate, and exclude 0 exactly where p < alpha', () => {
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      const both = combined(a, b)
      const interval = differenceInterval(both, options)
      assert.ok(contains(interval, effectOf(both)))
      const p = pOfLnE(lnEAgainst(both, options))
      if (Math.abs(p - options.alpha) > 1e-9) assert.equal(contains(interval, 0), p > options.alpha)
      const lift = liftInterval(both, options)
      if (a.value > 0) assert.ok(contains(lift, b.value / a.value - 1) || !Number.isFinite(b.value / a.value))
      if (Number.isFinite(lift.lower) && Math.abs(p - options.alpha) > 1e-6)
        assert.equal(contains(lift, 0), p > options.alpha)
      const isBeyond = (plus: number, sign: 1 | -1) => isShownBeyond(both, { factor: 1, plus }, sign, options)
      assert.ok(!isBeyond(effectOf(both), 1) && !isBeyond(effectOf(both), -1))
      // At twice the alpha a one-sided statement needs less than the interval, which errs on either side.
      if (interval.lower > 0) assert.ok(isBeyond(0, 1))
      if (interval.upper < 0) assert.ok(isBeyond(0, -1))
    }),
  )
})

test('far from 0 the lift agrees with the delta method', () => {
  const [a, b] = [
    { n: 50_000, value: 100, variance: 25 },
    { n: 50_000, value: 105, variance: 25 },
  ]
  const lift = liftInterval(combined(a, b), options)
  const delta = deltaMethodLift({ ...a, mean: 100 }, { ...b, mean: 105 })
  const wide = delta.standardError * radius(100_000, priorUnits(5000, 0.05), 0.05)
  near(lift.lower, delta.estimate - wide, 1e-5)
  near(lift.upper, delta.estimate + wide, 1e-5)
})

test('a control near 0 has no relative lift to speak of', () => {
  const lift = liftInterval(combined({ n: 200, value: 0.1, variance: 9 }, { n: 200, value: 1, variance: 9 }), options)
  assert.deepEqual(lift, { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY })
})

test('CUPED removes what the covariate explains and moves the means by the imbalance', () => {
  let [control, candidate] = [emptyPairs, emptyPairs]
  for (let i = 0; i < 200; i++) {
    control = addPair(control, i + (i % 2), i)
    candidate = addPair(candidate, i + 10 + ((i + 1) % 2), i + 4)
  }
  const { theta, ...both } = cupedEstimates(control, candidate)
  near(theta, 1, 1e-3)
  near(both.candidate.value - both.control.value, 6, 0.01)
  assert.ok(both.control.variance < 0.3)
  const plain = cupedEstimates([1, 2, 4].reduce(addValue, emptyMoments), [1, 2, 5].reduce(addValue, emptyMoments))
  assert.equal(plain.theta, 0)
})

test('a ratio is that of the sums', () => {
  const pairs: [number, number][] = [
    [10, 2],
    [12, 3],
    [30, 5],
  ]
  const ratio = ratioEstimate(pairs.reduce((m, [y, x]) => addPair(m, y, x), emptyPairs))
  near(ratio.value, 5.2, 1e-12)
  const linearised = pairs.map(([y, x]) => (y - 5.2 * x) / (10 / 3))
  near(ratio.variance, linearised.reduce((s, z) => s + z * z, 0) / 2, 1e-9)
  assert.ok(Number.isNaN(ratioEstimate(emptyPairs).value))
})

const rateArm = fc
  .tuple(fc.integer({ min: 2, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([n, share]) => ({ n, hits: Math.round(n * share) }))

test('rates: intervals lie in [-1, 1] around the estimate, difference and lift exclude 0 together, and p agrees', () => {
  fc.assert(
    fc.property(rateArm, rateArm, (control, candidate) => {
      const both = comparisonOfRates([{ control, candidate }])
      const interval = differenceInterval(both, options)
      const estimate = effectOf(both)
      assert.ok(interval.lower >= -1 && interval.upper <= 1)
      assert.ok(interval.lower <= estimate + 1e-9 && estimate - 1e-9 <= interval.upper)
      const p = pOfLnE(lnEAgainst(both, options))
      if (Math.abs(p - options.alpha) > 1e-6) assert.equal(contains(interval, 0), p > options.alpha)
      if (Math.abs(p - options.alpha) > 1e-6 && control.hits > 0) {
        assert.equal(contains(liftInterval(both, options), 0), p > options.alpha)
      }
    }),
  )
})

test('rates: no error seen in either arm still leaves an interval of some width', () => {
  const none = comparisonOfRates([{ control: { n: 200, hits: 0 }, candidate: { n: 200, hits: 0 } }])
  const { lower, upper } = differenceInterval(none, options)
  assert.ok(lower < -0.05 && upper > 0.05, `${lower} ${upper}`)
})
