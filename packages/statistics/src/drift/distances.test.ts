import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { categorySketchOf } from '../sketches/category-sketch.ts'
import { numberSketchOf } from '../sketches/number-sketch.ts'
import {
  hellingerDistance,
  jensenShannonByChance,
  jensenShannonDistance,
  populationStability,
} from './category-distances.ts'
import { chiSquareAgainst, fisherExact, isRare, twoProportions, twoSampleChiSquare } from './category-tests.ts'
import {
  kolmogorovSmirnov,
  pairSamples,
  pairSketches,
  wassersteinByChance,
  wassersteinDistance,
} from './number-distances.ts'
import { type PairedCounts, pairBins, pairCategories, total } from './paired-counts.ts'
import { seeded, times } from './testing/seeded.ts'

// Evidently, tests/stattests/test_stattests.py: the chi-square and Hellinger figures; the others derived from the same counts.
const evidently: PairedCounts = { reference: [16, 18, 16, 14, 12, 12], current: [16, 16, 16, 16, 16, 8] }

function near(actual: number, expected: number, digits: number): void {
  assert.ok(Math.abs(actual - expected) <= 0.6 * 10 ** -digits, `${actual} is not ${expected} to ${digits} digits`)
}

const counts = fc.integer({ min: 0, max: 500 })
const paired: fc.Arbitrary<PairedCounts> = fc
  .array(fc.tuple(counts, counts), { minLength: 1, maxLength: 12 })
  .map((pairs) => ({ reference: pairs.map(([r]) => r), current: pairs.map(([, c]) => c) }))
  .filter(({ reference, current }) => total(reference) > 0 && total(current) > 0)
const sample = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 })

describe('distances of categories', () => {
  it("gives Evidently's figures", () => {
    near(chiSquareAgainst(evidently).p, 0.67309, 5)
    // Published cut, not rounded, with a tolerance of 1e-5: the next digits are 77.
    near(hellingerDistance(evidently), 0.06812 + 0.0000077, 7)
    near(populationStability(evidently), 0.037218, 6)
    near(jensenShannonDistance(evidently), 0.068048, 6)
    near(chiSquareAgainst({ ...evidently, reference: evidently.reference.map((count) => count * 2) }).p, 0.67309, 5)
  })

  it("gives GrowthBook's chi-square figures for counts against a design", () => {
    near(chiSquareAgainst({ reference: [1, 1], current: [1000, 1200] }).p, 0.000020079, 9)
    near(chiSquareAgainst({ reference: [0.75, 0.25], current: [310, 98] }).p, 0.647434186, 9)
  })

  it('is zero for equal shares, in range, and the same both ways', () => {
    fc.assert(
      fc.property(paired, (pair) => {
        const swapped = { reference: pair.current, current: pair.reference }
        const equal = { reference: pair.reference, current: pair.reference.map((count) => count * 4) }
        for (const distance of [jensenShannonDistance, hellingerDistance, populationStability]) {
          near(distance(pair), distance(swapped), 12)
          assert.ok(distance(pair) >= 0 && (distance === populationStability || distance(pair) <= 1))
          near(distance(equal), 0, 7)
        }
        assert.ok(Number.isFinite(populationStability(pair)))
      }),
    )
  })

  it('is 1 for windows without a common category', () => {
    const apart = { reference: [5, 0], current: [0, 9] }
    near(jensenShannonDistance(apart), Math.sqrt(Math.LN2), 12)
    assert.equal(hellingerDistance(apart), 1)
  })

  it('is never larger for bounded sketches than for full ones', () => {
    const names = fc.array(fc.constantFrom(...'abcdefghijklmnop'), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (a, b, maxA, maxB) => {
        const full = pairCategories(categorySketchOf(a), categorySketchOf(b))
        const bounded = pairCategories(categorySketchOf(a, maxA), categorySketchOf(b, maxB))
        assert.equal(total(bounded.reference), a.length)
        assert.equal(total(bounded.current), b.length)
        assert.ok(jensenShannonDistance(bounded) <= jensenShannonDistance(full) + 1e-7)
        assert.ok(hellingerDistance(bounded) <= hellingerDistance(full) + 1e-7)
      }),
    )
  })
})

describe('tests of categories', () => {
  it('gives p in [0, 1], near 1 for equal shares, and the same both ways', () => {
    fc.assert(
      fc.property(paired, (pair) => {
        const { p } = twoSampleChiSquare(pair)
        assert.ok(p >= 0 && p <= 1)
        near(twoSampleChiSquare({ reference: pair.current, current: pair.reference }).p, p, 9)
        near(twoSampleChiSquare({ reference: pair.reference, current: pair.reference }).p, 1, 9)
      }),
    )
  })

  it('pools what is too rare to be tested', () => {
    const rare = Array.from({ length: 40 }, () => 1)
    const none = rare.map(() => 0)
    const pooled = twoSampleChiSquare({ reference: [100, ...rare, ...none], current: [100, ...none, ...rare] })
    assert.equal(pooled.statistic, 0)
    assert.equal(pooled.p, 1)
  })

  it('agrees with the z-test where there are two categories', () => {
    const { p, statistic } = twoProportions({ hits: 40, rows: 100 }, { hits: 90, rows: 150 })
    const chiSquare = twoSampleChiSquare({ reference: [40, 60], current: [90, 60] })
    near(statistic ** 2, chiSquare.statistic, 9)
    near(p, chiSquare.p, 9)
    assert.equal(twoProportions({ hits: 5, rows: 5 }, { hits: 9, rows: 9 }).p, 1)
  })

  it("knows Fisher's exact test of two shares", () => {
    const p = (hits: number, rows: number, hitsNow: number, rowsNow: number) =>
      fisherExact({ hits, rows }, { hits: hitsNow, rows: rowsNow }).p
    // R, ?fisher.test: TeaTasting and Convictions (two-sided); SciPy, fisher_exact: its example; the rest in exact fractions.
    near(p(3, 4, 1, 4), 34 / 70, 12)
    near(p(2, 12, 15, 18), 0.000536724, 9)
    near(p(6, 8, 1, 5), 0.10256410256410257, 12)
    near(p(0, 1000, 1, 100), 100 / 1100, 12)
    near(p(3, 1000, 12, 500), 0.00026625266106518927, 12)
    assert.equal(p(7, 7, 9, 9), 1)
    assert.equal(p(0, 1000, 0, 100), 1)
    assert.ok(p(0, 1_000_000, 1000, 1000) < 1e-300)
  })

  it('has the same p whichever side, and whichever of the two, is counted', () => {
    const share = fc.tuple(fc.nat(60), fc.nat(60)).map(([hits, misses]) => ({ hits, rows: hits + misses + 1 }))
    const missesOf = ({ hits, rows }: { hits: number; rows: number }) => ({ hits: rows - hits, rows })
    fc.assert(
      fc.property(share, share, (a, b) => {
        const { p } = fisherExact(a, b)
        assert.ok(p > 0 && p <= 1)
        near(fisherExact(b, a).p, p, 9)
        near(fisherExact(missesOf(a), missesOf(b)).p, p, 9)
      }),
    )
  })

  it('calls shares rare of which fewer than 5 are expected in either window', () => {
    assert.equal(isRare({ hits: 50, rows: 1000 }, { hits: 5, rows: 100 }), false)
    assert.equal(isRare({ hits: 49, rows: 1000 }, { hits: 5, rows: 100 }), true)
    assert.equal(isRare({ hits: 951, rows: 1000 }, { hits: 95, rows: 100 }), true)
  })
})

describe('distances of numbers', () => {
  it('knows the Kolmogorov-Smirnov statistic and its asymptotic p', () => {
    const first = Array.from({ length: 1000 }, (_, i) => i)
    const { statistic, p } = kolmogorovSmirnov(
      pairSamples(
        first,
        first.map((value) => value + 60),
      ),
    )
    near(statistic, 0.06, 12)
    // K = (sqrt(500) + .12 + .11 / sqrt(500)) * .06 = 1.3491: 2 exp(-2 K^2) - 2 exp(-8 K^2).
    near(p, 2 * Math.exp(-2 * 1.349136 ** 2), 5)
    assert.equal(kolmogorovSmirnov(pairSamples([1, 2, 3], [7, 8, 9])).statistic, 1)
  })

  it('knows the Wasserstein distance', () => {
    // SciPy's documented examples of wasserstein_distance.
    near(wassersteinDistance(pairSamples([0, 1, 3], [5, 6, 8])), 5, 12)
    near(wassersteinDistance(pairSamples([0, 0, 0, 1], [0, 1, 1, 1])), 0.5, 12)
  })

  it('is zero for equal windows, in range, and the same both ways', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [there, back] = [pairSamples(a, b), pairSamples(b, a)]
        near(kolmogorovSmirnov(there).statistic, kolmogorovSmirnov(back).statistic, 12)
        near(wassersteinDistance(there), wassersteinDistance(back), 6)
        const { statistic, p } = kolmogorovSmirnov(there)
        assert.ok(statistic >= 0 && statistic <= 1 + 1e-12 && p >= 0 && p <= 1)
        assert.equal(wassersteinDistance(pairSamples(a, [...a, ...a])), 0)
        assert.deepEqual(kolmogorovSmirnov(pairSamples(a, a)), { statistic: 0, p: 1 })
      }),
    )
  })

  it('reads from sketches what it reads from samples, within the relative error', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const sketches = pairSketches(numberSketchOf(a), numberSketchOf(b))
        const samples = pairSamples(a, b)
        const meanSize = (values: number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length
        const slack = 0.0101 * (meanSize(a) + meanSize(b)) + 1e-9
        assert.ok(Math.abs(wassersteinDistance(sketches) - wassersteinDistance(samples)) <= slack)
        assert.ok(kolmogorovSmirnov(sketches).statistic <= kolmogorovSmirnov(samples).statistic + 1e-12)
      }),
    )
  })

  it('bins by the deciles of the reference and loses no row', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const bins = pairBins(numberSketchOf(a), numberSketchOf(b))
        assert.equal(total(bins.reference), a.length)
        assert.equal(total(bins.current), b.length)
        assert.ok(bins.reference.length <= 40)
      }),
    )
    const spread = numberSketchOf(Array.from({ length: 10_000 }, (_, i) => i + 1))
    const { reference } = pairBins(spread, spread)
    assert.ok(reference.length >= 10 && reference.length <= 12)
    assert.deepEqual(pairBins(numberSketchOf([0, 0, 0]), numberSketchOf([-1, 0, 7, 8])), {
      reference: [0, 3, 0],
      current: [1, 1, 2],
    })
  })

  it('foretells the distance that chance alone makes', () => {
    const { normal, category } = seeded(7)
    const runs = 200
    let [wasserstein, wassersteinForetold, divergence, divergenceForetold] = [0, 0, 0, 0]
    for (let run = 0; run < runs; run++) {
      const pairs = pairSamples(times(200, normal), times(100, normal))
      wasserstein += wassersteinDistance(pairs)
      wassersteinForetold += wassersteinByChance(pairs)
      const kind = () => category([0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
      const categories = pairCategories(categorySketchOf(times(200, kind)), categorySketchOf(times(100, kind)))
      divergence += jensenShannonDistance(categories) ** 2
      divergenceForetold += jensenShannonByChance(categories) ** 2
    }
    // 200 runs leave an error of about 4 % (one sigma).
    assert.ok(Math.abs(wasserstein / wassersteinForetold - 1) < 0.12, `${wasserstein / wassersteinForetold}`)
    assert.ok(Math.abs(divergence / divergenceForetold - 1) < 0.15, `${divergence / divergenceForetold}`)
  })
})
