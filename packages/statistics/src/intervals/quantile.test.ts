import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CountedValues, fromStoredEdges } from '../evidence.ts'
import { betaMixture, lnBetaMixtureLeast } from './beta-binomial.ts'
import { cellsOf, mergeCells, mergeCounted, quantileOf } from './counted.ts'
import { quantileInterval } from './quantile.ts'
import { lnEOfQuantiles, quantileP } from './quantile-arms.ts'
import { quantileEffect, quantileEffectEstimate } from './quantile-effect.ts'

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)
const values = (list: readonly number[]): CountedValues => ({ kind: 'values', sorted: [...list].sort((a, b) => a - b) })
const upTo = (n: number, plus = 0) => values(Array.from({ length: n }, (_, i) => i + 1 + plus))

test('the A/B test of quantiles: the values of confseq', () => {
  near(quantileP(upTo(1000), upTo(1000, 70), 0.5, 100), 0.814704, 5e-7)
  near(quantileP(upTo(1000), upTo(1000, 85), 0.5, 100), 0.0838055, 5e-8)
})

const edges = [0, ...Array.from({ length: 80 }, (_, i) => 1.15 ** i), Number.POSITIVE_INFINITY]
function bucketed(list: readonly number[]): CountedValues {
  const counts = edges.slice(1).map(() => 0)
  for (const value of list) {
    const at = edges.findIndex((edge) => value <= edge) - 1
    counts[at] = (counts[at] ?? 0) + 1
  }
  return { kind: 'buckets', edges, counts }
}

const latency = fc.double({ min: 0.1, max: 5000, noNaN: true })
const latencies = fc.array(latency, { minLength: 1, maxLength: 150 })
const p = fc.constantFrom(0.5, 0.9, 0.95)

test('buckets never claim more than the values in them', () => {
  fc.assert(
    fc.property(latencies, latencies, p, (a, b, q) => {
      const exact = lnEOfQuantiles(cellsOf(values(a)), cellsOf(values(b)), q, 200)
      const rough = lnEOfQuantiles(cellsOf(bucketed(a)), cellsOf(bucketed(b)), q, 200)
      assert.ok(rough <= exact + 1e-9, `${rough} > ${exact}`)
      const wide = quantileInterval(bucketed(a), q, { alpha: 0.05, expectedValues: 200 })
      const narrow = quantileInterval(values(a), q, { alpha: 0.05, expectedValues: 200 })
      assert.ok(wide.lower <= narrow.lower && narrow.upper <= wide.upper)
    }),
  )
})

/** The definition: the least over every x, on and between the values, each arm's count anywhere between "below" and "up to" x. */
function bySearch(a: readonly number[], b: readonly number[], q: number): number {
  const mixture = betaMixture(q, 200)
  const arm = (list: readonly number[], x: number) => {
    const [low, high] = [list.filter((v) => v < x).length, list.filter((v) => v <= x).length]
    return lnBetaMixtureLeast(mixture, low, high, list.length)
  }
  const all = [...a, ...b]
  return Math.min(...all.flatMap((x) => [x * (1 - 1e-12), x, x * (1 + 1e-12)]).map((x) => arm(a, x) + arm(b, x)))
}

test('the walk over the cells finds the least of the definition', () => {
  fc.assert(
    fc.property(latencies, latencies, p, (a, b, q) => {
      near(lnEOfQuantiles(cellsOf(values(a)), cellsOf(values(b)), q, 200), bySearch(a, b, q), 1e-6)
    }),
  )
})

test('merged cells are those of all values together, and buckets that overlap become one', () => {
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      assert.deepEqual(mergeCells(cellsOf(values(a)), cellsOf(values(b))), cellsOf(values([...a, ...b])))
      assert.deepEqual(mergeCells(cellsOf(bucketed(a)), cellsOf(bucketed(b))), cellsOf(bucketed([...a, ...b])))
    }),
  )
  const cells = (edge: number) => cellsOf({ kind: 'buckets', edges: [0, edge, 10], counts: [1, 2] })
  assert.deepEqual(mergeCells(cells(4), cells(5)), { n: 6, lows: [0], highs: [10], upTo: [6] })
})

test('an interval of a quantile contains its estimate', () => {
  fc.assert(
    fc.property(latencies, p, (a, q) => {
      const { lower, upper } = quantileInterval(values(a), q, { alpha: 0.05, expectedValues: 200 })
      const estimate = quantileOf(cellsOf(values(a)), q)
      assert.ok(lower <= estimate && estimate <= upper)
    }),
  )
  const { lower, upper } = quantileInterval(upTo(1000), 0.5, { alpha: 0.05, expectedValues: 1000 })
  assert.ok(lower > 440 && lower < 470 && upper > 530 && upper < 560, `${lower} ${upper}`)
})

test('the effect on a quantile: around its estimate, and it excludes what the e-value refuses', () => {
  const a = cellsOf(bucketed(Array.from({ length: 2000 }, (_, i) => 50 + (i % 200))))
  const b = cellsOf(bucketed(Array.from({ length: 2000 }, (_, i) => 2 * (50 + (i % 200)))))
  const options = { alpha: 0.05, expectedValues: 2000 }
  const relative = quantileEffect([{ control: a, candidate: b }], 0.5, 'relative', options)
  const estimate = quantileEffectEstimate([{ control: a, candidate: b }], 0.5, 'relative')
  near(estimate, 1, 0.1)
  assert.ok(relative.lower < estimate && estimate < relative.upper && relative.lower > 0.5 && relative.upper < 1.7)
  const limit = -Math.log(0.05)
  assert.ok(lnEOfQuantiles(a, b, 0.5, 2000, { factor: 1 + relative.lower - 0.01, plus: 0 }) >= limit)
  assert.ok(lnEOfQuantiles(a, b, 0.5, 2000, { factor: 1 + relative.lower + 0.01, plus: 0 }) < limit)
  const absolute = quantileEffect([{ control: a, candidate: b }], 0.5, 'absolute', options)
  assert.ok(absolute.lower > 80 && absolute.lower < 150 && absolute.upper > 150 && absolute.upper < 260)
  const none = quantileEffect([{ control: cellsOf(values([])), candidate: b }], 0.5, 'relative', options)
  assert.equal(none.lower, Number.NEGATIVE_INFINITY)
})

test('strata add their evidence', () => {
  const [a, b] = [cellsOf(upTo(600)), cellsOf(upTo(600, 90))]
  const options = { alpha: 0.05, expectedValues: 1200 }
  const one = quantileEffect([{ control: a, candidate: b }], 0.5, 'absolute', options)
  const two = quantileEffect(
    [
      { control: a, candidate: b },
      { control: a, candidate: b },
    ],
    0.5,
    'absolute',
    options,
  )
  assert.ok(two.lower > one.lower && two.upper < one.upper)
})

test('merging counted values', () => {
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      assert.deepEqual(mergeCounted(values(a), values(b)), values([...a, ...b]))
      assert.deepEqual(mergeCounted(bucketed(a), bucketed(b)), bucketed([...a, ...b]))
    }),
  )
  assert.throws(() => mergeCounted(values([1]), bucketed([1])), RangeError)
  assert.throws(() => cellsOf({ kind: 'values', sorted: [2, 1] }), RangeError)
  assert.throws(() => cellsOf({ kind: 'buckets', edges: [0, 1], counts: [1, 2] }), RangeError)
})

test('edges come back from JSON with their infinities', () => {
  const open = [Number.NEGATIVE_INFINITY, 0, 1, Number.POSITIVE_INFINITY]
  assert.deepEqual(fromStoredEdges(JSON.parse(JSON.stringify(open))), open)
})
