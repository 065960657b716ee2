import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addLatency, emptyHistogram, encodeHistogram, latencyQuantile, mergeEncoded } from './latency-histogram.ts'

const latencies = fc.array(fc.double({ min: 0.01, max: 3e8, noNaN: true }), { minLength: 1, maxLength: 200 })
const quantile = fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true })

function histogramOf(values: readonly number[]) {
  const histogram = emptyHistogram()
  for (const value of values) addLatency(histogram, value)
  return histogram
}

test('a quantile is never below the exact one and at most 10 % above it', () => {
  fc.assert(
    fc.property(latencies, quantile, (values, q) => {
      const exact = [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? Number.NaN
      const ratio = latencyQuantile(histogramOf(values), q) / exact
      assert.ok(ratio >= 1 - 1e-9 && ratio <= 1.1 + 1e-9, `${ratio}`)
    }),
  )
})

test('histograms merged in any order equal the histogram of all', () => {
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      const [encodedA, encodedB] = [encodeHistogram(histogramOf(a)), encodeHistogram(histogramOf(b))]
      const all = histogramOf([...a, ...b])
      assert.deepEqual(mergeEncoded(mergeEncoded(emptyHistogram(), encodedA), encodedB), all)
      assert.deepEqual(mergeEncoded(mergeEncoded(emptyHistogram(), encodedB), encodedA), all)
    }),
  )
})

test('whatever a latency is, it is counted once', () => {
  const odd = [0, -1, Number.NaN, 0.001, 1e12, Number.POSITIVE_INFINITY]
  assert.equal(encodeHistogram(histogramOf(odd)), '[0,4,255,2]')
  assert.equal(latencyQuantile(histogramOf(odd), 0.5), 0.01)
  assert.equal(latencyQuantile(emptyHistogram(), 0.5), 0)
})
