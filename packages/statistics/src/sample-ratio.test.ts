import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lnAverageBayesFactor, lnBayesFactor, sampleRatioCheck } from './sample-ratio.ts'

test('the Bayes factor: the values of optimizely/ssrm', () => {
  const actual = lnBayesFactor([2, 2, 1], [0.4, 0.4, 0.2], [1, 1, 1])
  assert.ok(Math.abs(actual - (-6.4457198 + 5.2746008)) < 2e-7, `${actual}`)
})

test('a split as declared is accepted, a skewed one is not', () => {
  assert.equal(sampleRatioCheck([{ counts: [5000, 5050], shares: [0.5, 0.5] }]).p, 1)
  assert.ok(sampleRatioCheck([{ counts: [5000, 5600], shares: [0.5, 0.5] }]).p < 1e-5)
  assert.ok(sampleRatioCheck([{ counts: [100, 180], shares: [0.5, 0.5] }]).p < 1e-3)
  assert.equal(sampleRatioCheck([]).p, 1)
})

test('units in an arm without a share are a mismatch for sure; an unused arm is none', () => {
  assert.equal(sampleRatioCheck([{ counts: [10, 1], shares: [1, 0] }]).p, 0)
  assert.equal(sampleRatioCheck([{ counts: [10, 0], shares: [1, 0] }]).p, 1)
  assert.throws(() => sampleRatioCheck([{ counts: [1, 2], shares: [0.5, 0.4] }]), RangeError)
  assert.throws(() => sampleRatioCheck([{ counts: [1], shares: [0.5, 0.5] }]), RangeError)
})

test('on average over all outcomes of n units the Bayes factor is exactly 1, whatever the shares: it is an e-value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (n, share) => {
      let mean = 0
      let lnWays = 0
      for (let k = 0; k <= n; k++) {
        if (k > 0) lnWays += Math.log((n - k + 1) / k)
        const lnP = lnWays + k * Math.log(share) + (n - k) * Math.log(1 - share)
        mean += Math.exp(lnP + lnAverageBayesFactor([k, n - k], [share, 1 - share]))
      }
      assert.ok(Math.abs(mean - 1) < 1e-7, `${mean}`)
    }),
  )
})
