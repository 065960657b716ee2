import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { alphaPerMetric } from './multiplicity.ts'
import { effectFound, rateVariances, unitsForDecision } from './power.ts'

const even = { alpha: 0.05, expectedUnits: 5000, chance: 0.5 }

test('97 % against 99 % takes about 1,900 units at even odds, 90 % against 97 % some hundreds', () => {
  const close = unitsForDecision(0.02, rateVariances(0.97, 0.99), even)
  assert.ok(close > 1850 && close < 1970, `${close}`)
  const far = unitsForDecision(0.07, rateVariances(0.9, 0.97), even)
  assert.ok(far > 300 && far < 900, `${far}`)
})

test('more certainty, a smaller effect or a lopsided split need more units; no effect is never found', () => {
  const variances = rateVariances(0.9, 0.92)
  const units = unitsForDecision(0.02, variances, even)
  assert.ok(unitsForDecision(0.02, variances, { ...even, chance: 0.8 }) > units)
  assert.ok(unitsForDecision(0.01, variances, even) > units)
  assert.ok(unitsForDecision(0.02, variances, { ...even, candidateShare: 0.1 }) > units)
  assert.equal(unitsForDecision(0, variances, even), Number.POSITIVE_INFINITY)
})

test('units and effect are inverse', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.5, noNaN: true }), (effect) => {
      const units = unitsForDecision(effect, { control: 1, candidate: 2 }, even)
      assert.ok(effectFound(units, { control: 1, candidate: 2 }, even) <= effect)
      assert.ok(units <= 4 || effectFound(units - 1, { control: 1, candidate: 2 }, even) > effect)
    }),
  )
})

test('alpha is shared by success metrics and candidates', () => {
  assert.equal(alphaPerMetric(0.05, 2, 1), 0.025)
  assert.equal(alphaPerMetric(0.05, 0, 1), 0.05)
})
