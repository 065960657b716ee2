import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { categorySketchOf } from '../sketches/category-sketch.ts'
import { numberSketchOf } from '../sketches/number-sketch.ts'
import { chiSquareAgainst } from './category-tests.ts'
import { type Drift, type DriftTest, drift } from './drift.ts'
import { driftMeasures } from './drift-measures.ts'
import { driftOfMany } from './drift-of-many.ts'
import { pairCategories } from './paired-counts.ts'
import { seeded, times } from './testing/seeded.ts'

const { normal, category, uniform } = seeded(11)
const numbers = (rows: number, mean = 0, sigma = 1) => numberSketchOf(times(rows, () => mean + sigma * normal()))
const categories = (rows: number, shares: readonly number[]) => categorySketchOf(times(rows, () => category(shares)))
const fair = [0.4, 0.3, 0.2, 0.1]

function expectDrift(result: Drift, test: DriftTest, outcome: Drift['outcome']): void {
  assert.equal(result.outcome, outcome, result.reason)
  assert.ok(result.outcome !== 'unknown' && result.test === test, result.reason)
}

describe('drift', () => {
  it('tests windows of up to 1000 rows and says which test', () => {
    expectDrift(drift(numbers(500), numbers(500, 0.5)), 'kolmogorov-smirnov', 'drifted')
    expectDrift(drift(numbers(500), numbers(500)), 'kolmogorov-smirnov', 'stable')
    expectDrift(drift(categories(400, fair), categories(400, [0.1, 0.2, 0.3, 0.4])), 'chi-square', 'drifted')
    expectDrift(drift(categories(400, [0.5, 0.5]), categories(400, [0.8, 0.2])), 'two-proportions', 'drifted')
    expectDrift(
      drift(numberSketchOf([...Array(60).fill(0)]), numberSketchOf(Array(60).fill(0))),
      'fisher-exact',
      'stable',
    )
  })

  it('does not take a single value of a new category for drift, and so many for it as chance does not make', () => {
    const before = categorySketchOf(Array(1000).fill('ham'))
    const after = (spam: number) => categorySketchOf([...Array(100 - spam).fill('ham'), ...Array(spam).fill('spam')])
    const at = (spam: number) => drift(before, after(spam), { alpha: 0.01 })
    expectDrift(at(1), 'fisher-exact', 'stable')
    expectDrift(at(2), 'fisher-exact', 'drifted')
    expectDrift(drift(after(1), before, { alpha: 0.01 }), 'fisher-exact', 'stable')
  })

  it('finds categories that are new though each of them, and all together, are too rare for chi-square', () => {
    const before = categorySketchOf(Array(1000).fill('ham'))
    const after = ['ham', ...Array.from({ length: 20 }, (_, i) => `new-${i % 4}`), ...Array(79).fill('ham')]
    expectDrift(drift(before, categorySketchOf(after)), 'fisher-exact', 'drifted')
    const one = categorySketchOf(['new', 'newer', ...Array(98).fill('ham')])
    expectDrift(drift(before, one, { alpha: 0.005 }), 'fisher-exact', 'stable')
  })

  it('finds a number that stops coming, and one that comes again', () => {
    const partly = (values: number, missing: number) =>
      numberSketchOf([...Array.from({ length: values }, (_, i) => i / values), ...Array(missing).fill(Number.NaN)])
    const [always, often, hardly] = [partly(500, 0), partly(250, 250), partly(5, 495)]
    expectDrift(drift(always, often), 'two-proportions', 'drifted')
    expectDrift(drift(often, always), 'two-proportions', 'drifted')
    expectDrift(drift(often, partly(240, 260)), 'kolmogorov-smirnov', 'stable')
    const gone = drift(always, hardly)
    expectDrift(gone, 'two-proportions', 'drifted')
    assert.match(gone.reason, /^missing values, z-test of two shares: p = /)
    const rare = drift(hardly, hardly)
    assert.deepEqual([rare.outcome, /5 in the reference/.test(rare.reason)], ['unknown', true])
    expectDrift(drift(partly(5000, 0), partly(3000, 2000)), 'jensen-shannon', 'drifted')
  })

  it('divides the error between the values and the missing ones, where some are missing', () => {
    const values = Array.from({ length: 200 }, (_, i) => i)
    const of = (missing: number) =>
      drift(numberSketchOf(values), numberSketchOf([...values, ...Array(missing).fill(Number.NaN)]))
    const thresholds = [of(0), of(1)].map((one) => one.outcome !== 'unknown' && one.threshold)
    assert.deepEqual(thresholds, [0.05, 0.025])
  })

  it('measures larger windows, so that a small difference is not drift', () => {
    expectDrift(drift(numbers(20_000), numbers(20_000, 0.05)), 'wasserstein', 'stable')
    expectDrift(drift(numbers(20_000), numbers(20_000, 0.2)), 'wasserstein', 'drifted')
    expectDrift(drift(categories(20_000, fair), categories(20_000, [0.38, 0.3, 0.2, 0.12])), 'jensen-shannon', 'stable')
    expectDrift(drift(categories(20_000, fair), categories(20_000, [0.2, 0.3, 0.2, 0.3])), 'jensen-shannon', 'drifted')
  })

  it('counts numbers of at most five distinct values as categories', () => {
    const dice = (rows: number) => numberSketchOf(times(rows, () => Math.floor(uniform() * 4) - 1))
    expectDrift(drift(dice(300), dice(300)), 'chi-square', 'stable')
    expectDrift(drift(dice(3000), dice(3000)), 'jensen-shannon', 'stable')
  })

  it('tests a small current window against a large reference, where a distance would be chance', () => {
    expectDrift(drift(numbers(50_000), numbers(100)), 'kolmogorov-smirnov', 'stable')
    const spread = Array.from({ length: 200 }, () => 1 / 200)
    expectDrift(drift(categories(2000, spread), categories(2000, spread)), 'chi-square', 'stable')
  })

  it('says unknown with too few rows, too many categories, or windows that do not match', () => {
    const reasons: [Drift, RegExp][] = [
      [drift(numbers(1000), numbers(29)), /too few rows: 1000 in the reference and 29 now, at least 30/],
      [drift(categories(5, fair), categories(500, fair)), /too few rows/],
      [drift(numberSketchOf([]), numberSketchOf([])), /too few rows/],
      [drift(numbers(100), categories(100, fair)), /take a new reference/],
      [drift(numbers(100), numberSketchOf(times(100, normal), { relativeError: 0.1 })), /take a new reference/],
    ]
    let id = 0
    const ids = categorySketchOf(times(5000, () => `user-${id++}`))
    reasons.push([drift(ids, ids), /watch the length/])
    for (const [{ outcome, reason }, expected] of reasons) {
      assert.equal(outcome, 'unknown')
      assert.match(reason, expected)
    }
  })

  it('finds a category that is new', () => {
    const before = categorySketchOf(times(200, () => 'spam'))
    const after = categorySketchOf([...times(150, () => 'spam'), ...times(50, () => 'ham')])
    expectDrift(drift(before, after), 'two-proportions', 'drifted')
  })

  it('says drifted without drift in about one of twenty looks, not in one of three', () => {
    const shares = Array.from({ length: 6 }, () => 1 / 6)
    const runs = 600
    let [alarms, alarmsOfNumbers, alarmsOfEvidently] = [0, 0, 0]
    for (let run = 0; run < runs; run++) {
      const [reference, current] = [categories(150, shares), categories(150, shares)]
      if (drift(reference, current).outcome === 'drifted') alarms++
      if (chiSquareAgainst(pairCategories(reference, current)).p < 0.05) alarmsOfEvidently++
      if (drift(numbers(150), numbers(150)).outcome === 'drifted') alarmsOfNumbers++
    }
    // Three sigma of a share of 5 % in 600 runs are 2.7 points.
    assert.ok(alarms / runs < 0.077 && alarmsOfNumbers / runs < 0.077, `${alarms} ${alarmsOfNumbers}`)
    assert.ok(alarmsOfEvidently / runs > 0.29 && alarmsOfEvidently / runs < 0.41, `${alarmsOfEvidently}`)
  })

  it('finds nothing in a window compared with itself, and stays finite for anything', () => {
    const any = fc.array(fc.double({ noNaN: true }), { minLength: 30, maxLength: 80 })
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [reference, current] = [numberSketchOf(a), numberSketchOf(b)]
        assert.notEqual(drift(reference, reference).outcome, 'drifted')
        const result = drift(reference, current)
        if (result.outcome !== 'unknown') assert.ok(Number.isFinite(result.value) && result.value >= 0)
      }),
    )
  })

  it('stays finite for large windows of one value or of absurd ones', () => {
    const zeros = numberSketchOf(Array(2000).fill(0))
    const fives = numberSketchOf(Array(2000).fill(5))
    const absurd = numberSketchOf(Array.from({ length: 2000 }, (_, i) => (i % 2 ? 1 : -1) * 10 ** (i % 300)))
    for (const [a, b] of [
      [zeros, fives],
      [fives, zeros],
      [zeros, absurd],
      [absurd, zeros],
      [fives, absurd],
    ] as const) {
      const result = drift(a, b)
      assert.ok(result.outcome === 'drifted' && Number.isFinite(result.value), result.reason)
    }
  })
})

describe('drift of many features', () => {
  const drifted = drift(numbers(500), numbers(500, 3))
  const stable = drift(numbers(500), numbers(500))
  const unknown = drift(numbers(5), numbers(5))

  it('judges by the share of drifted features among those that could be judged', () => {
    const many = driftOfMany({ length: drifted, language: stable, score: drifted, tags: unknown })
    assert.equal(many.outcome, 'drifted')
    assert.equal(many.share, 2 / 3)
    assert.deepEqual(many.drifted, ['length', 'score'])
    assert.deepEqual(many.unknown, ['tags'])
    assert.equal(driftOfMany({ length: drifted, language: stable, score: stable }).outcome, 'stable')
    assert.equal(driftOfMany({ length: drifted, language: stable, score: stable }, 0.3).outcome, 'drifted')
  })

  it('says unknown while most features are', () => {
    assert.equal(driftOfMany({ a: drifted, b: unknown, c: unknown }).outcome, 'unknown')
    assert.equal(driftOfMany({}).outcome, 'unknown')
  })
})

describe('drift measures', () => {
  it('are small without drift, large with it, and none for windows that cannot be compared', () => {
    const [before, same, after] = [numbers(5000), numbers(5000), numbers(5000, 1)]
    const calm = driftMeasures(before, same)
    const moved = driftMeasures(before, after)
    assert.ok(calm && moved && calm.wasserstein !== undefined && moved.wasserstein !== undefined)
    assert.ok(calm.populationStability < 0.02 && moved.populationStability > 0.5)
    assert.ok(calm.wasserstein < 0.1 && Math.abs(moved.wasserstein - 1) < 0.1)
    // The largest distance of two normal distribution functions one sigma apart is 2 Phi(1/2) - 1.
    assert.ok(Math.abs((moved.kolmogorovSmirnov ?? 0) - 0.3829) < 0.05)
    const paired = driftMeasures(categories(500, fair), categories(500, fair))
    assert.ok(paired && paired.jensenShannon < 0.1 && paired.wasserstein === undefined)
    assert.equal(driftMeasures(before, categories(10, fair)), undefined)
    assert.equal(driftMeasures(numberSketchOf([]), before), undefined)
    assert.equal(driftMeasures(categorySketchOf([]), categories(10, fair)), undefined)
  })
})
