import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { quantileInterval } from '../intervals/quantile.ts'
import { normalDraw, seededRandom } from '../simulation/random.ts'
import { countAtMost, countBelow, countedValues } from './count-bounds.ts'
import {
  addNumber,
  emptyNumberSketch,
  mergeNumberSketches,
  type NumberSketch,
  numberSketchOf,
  sumOf,
  varianceOf,
} from './number-sketch.ts'
import { parseNumberSketch } from './parse-sketch.ts'
import { sketchQuantile } from './sketch-quantile.ts'
import { stepsOf } from './steps.ts'

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e90, max: 1e90 }),
  fc.integer({ min: -20, max: 20 }),
  fc.double({ noNaN: true, min: 0.001, max: 1000 }),
)
const numbers = fc.array(anyNumber, { maxLength: 120 })
const latencies = fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1, maxLength: 120 })
const tight = { relativeError: 0.05, bucketsMax: 6 }

describe('number sketch', () => {
  it('gives every quantile within its relative error', () => {
    const sample = fc.array(fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.constant(0)), { minLength: 1 })
    fc.assert(
      fc.property(
        sample,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(0.005, 0.01, 0.1),
        (values, q, e) => {
          const kept = values.filter((value) => value === 0 || Math.abs(value) > 1e-99)
          fc.pre(kept.length > 0)
          const exact = kept.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * kept.length)) - 1] ?? Number.NaN
          const read = sketchQuantile(numberSketchOf(kept, { relativeError: e }), q)
          assert.ok(Math.abs(read - exact) <= Math.abs(exact) * e * (1 + 1e-9), `${read} for ${exact}`)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('counts exactly at the bounds of its buckets', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const sketch = numberSketchOf(values)
        const { edges, counts } = countedValues(sketch)
        let atMost = 0
        for (const [at, count] of counts.entries()) {
          const edge = edges[at + 1] ?? Number.NaN
          atMost += count
          const exact = values.filter((value) => (value < 1e-100 ? 0 : value) <= edge).length
          assert.equal(atMost, exact)
          assert.deepEqual(countAtMost(sketch, edge), { least: exact, most: exact })
          assert.ok(edge > (edges[at] ?? Number.NaN))
        }
        assert.equal(edges.length, counts.length + 1)
        assert.ok(edges.length <= 2 * stepsOf(sketch).length + 1)
        assert.equal(atMost, values.length)
      }),
    )
  })

  it('counts exactly at the bounds of another sketch of the same error', () => {
    fc.assert(
      fc.property(latencies, latencies, (mine, others) => {
        const sketch = numberSketchOf(mine)
        for (const edge of countedValues(numberSketchOf(others)).edges) {
          const { least, most } = countAtMost(sketch, edge)
          assert.equal(least, most)
        }
      }),
    )
  })

  it('puts a number that equals a bound below it, whatever the rounding of the logarithm', () => {
    const bounds = stepsOf(numberSketchOf(Array.from({ length: 4000 }, (_, i) => 1.0037 ** (i - 2000)))).map(
      (s) => s.upper,
    )
    const sketch = numberSketchOf(bounds)
    assert.deepEqual(
      stepsOf(sketch).map((step) => step.upper),
      bounds,
    )
    for (const [at, bound] of bounds.entries()) {
      assert.deepEqual(countAtMost(sketch, bound), { least: at + 1, most: at + 1 })
    }
  })

  it('costs the confidence sequence of a latency quantile no more than a bucket of width, and never validity', () => {
    const random = seededRandom(3)
    const values = Array.from({ length: 3000 }, () => Math.exp(5 + 0.5 * normalDraw(random))).sort((a, b) => a - b)
    for (const quantile of [0.5, 0.95]) {
      const options = { alpha: 0.05, expectedValues: 3000 }
      const exact = quantileInterval({ kind: 'values', sorted: values }, quantile, options)
      const read = quantileInterval(countedValues(numberSketchOf(values)), quantile, options)
      assert.ok(read.lower <= exact.lower && exact.upper <= read.upper)
      assert.ok(exact.lower / read.lower < 1.0203 && read.upper / exact.upper < 1.0203)
    }
  })

  it('encloses the exact counts below and at most any number', () => {
    fc.assert(
      fc.property(numbers, anyNumber, fc.constantFrom({}, tight), (values, x, options) => {
        const sketch = numberSketchOf(values, options)
        const kept = values.map((value) => (Math.abs(value) < 1e-100 ? 0 : value))
        const between = (exact: number, { least, most }: { least: number; most: number }) =>
          assert.ok(least <= exact && exact <= most, `${exact} in [${least}, ${most}]`)
        for (const at of [x, ...kept.slice(0, 5)]) {
          between(kept.filter((value) => value <= at).length, countAtMost(sketch, at))
          between(kept.filter((value) => value < at).length, countBelow(sketch, at))
        }
      }),
    )
  })

  it('is the same whatever the order of adding and merging, collapsed or not', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, fc.constantFrom({}, tight), (a, b, c, options) => {
        const [x, y, z] = [a, b, c].map((values) => numberSketchOf(values, options))
        assert.ok(x && y && z)
        const all = numberSketchOf([...a, ...b, ...c], options)
        const merge = mergeNumberSketches
        for (const merged of [merge(merge(x, y), z), merge(x, merge(y, z)), merge(z, merge(y, x))]) same(merged, all)
      }),
      { numRuns: 500 },
    )
  })

  it('stays within its bounds for numbers of every size', () => {
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 30, maxLength: 400 }), (values) => {
        const sketch = numberSketchOf(values, tight)
        assert.ok(stepsOf(sketch).length <= 2 * tight.bucketsMax + 1)
        assert.equal(
          stepsOf(sketch).reduce((sum, { count }) => sum + count, 0),
          values.length,
        )
      }),
    )
  })

  it('keeps its accuracy when one absurd number arrives', () => {
    const sketch = numberSketchOf(Array.from({ length: 1000 }, (_, i) => i + 1))
    addNumber(sketch, 1e300)
    addNumber(sketch, Number.POSITIVE_INFINITY)
    addNumber(sketch, Number.NaN)
    assert.ok(Math.abs(sketchQuantile(sketch, 0.5) - 501) <= 5.01)
    assert.equal(sketch.max, 1e100)
    assert.equal(sketch.missing, 2)
    assert.equal(sketch.count, 1001)
  })

  it('knows mean, sum and variance exactly', () => {
    const sketch = numberSketchOf([2, 4, 4, 4, 5, 5, 7, 9])
    assert.equal(sketch.mean, 5)
    assert.equal(sumOf(sketch), 40)
    assert.equal(varianceOf(sketch), 4)
  })

  it('comes back from its JSON, and a damaged one is refused', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const sketch = numberSketchOf(values)
        assert.deepEqual(parseNumberSketch(JSON.parse(JSON.stringify(sketch))), sketch)
      }),
    )
    const good = numberSketchOf([1, 2, 3])
    assert.throws(() => parseNumberSketch({ ...good, zeros: -1 }), /zeros/)
    assert.throws(() => parseNumberSketch({ ...good, above: { indices: [3, 2], counts: [1, 1] } }), /above/)
    assert.throws(() => parseNumberSketch({ ...good, kind: 'categories' }), /kind/)
    assert.throws(() => parseNumberSketch(null), TypeError)
  })

  it('refuses options without sense, and to merge what was made with others', () => {
    assert.throws(() => emptyNumberSketch({ relativeError: 0 }), RangeError)
    assert.throws(() => emptyNumberSketch({ bucketsMax: 0 }), RangeError)
    assert.throws(() => mergeNumberSketches(emptyNumberSketch(), emptyNumberSketch(tight)), RangeError)
    assert.throws(() => countedValues(numberSketchOf([-1])), RangeError)
    assert.throws(() => sketchQuantile(emptyNumberSketch(), 1.1), RangeError)
    assert.equal(sketchQuantile(emptyNumberSketch(), 0.5), 0)
  })
})

/** Counts to the digit; moments but for rounding. */
function same(a: NumberSketch, b: NumberSketch): void {
  const { mean, squares, ...counts } = a
  const { mean: otherMean, squares: otherSquares, ...otherCounts } = b
  assert.deepEqual(counts, otherCounts)
  const size = Math.max(Math.abs(a.min), Math.abs(a.max))
  assert.ok(Math.abs(mean - otherMean) <= 1e-9 * size)
  assert.ok(Math.abs(squares - otherSquares) <= 1e-9 * size * size * Math.max(1, a.count))
}
