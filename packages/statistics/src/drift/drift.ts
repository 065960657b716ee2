import { type CategorySketch, categoryTotal } from '../sketches/category-sketch.ts'
import type { NumberSketch } from '../sketches/number-sketch.ts'
import { jensenShannonByChance, jensenShannonDistance } from './category-distances.ts'
import { twoProportions, twoSampleChiSquare } from './category-tests.ts'
import {
  kolmogorovSmirnov,
  pairSketches,
  spreadOf,
  wassersteinByChance,
  wassersteinDistance,
} from './number-distances.ts'
import { type PairedCounts, pairBuckets, pairCategories, total } from './paired-counts.ts'

export type DriftTest = 'kolmogorov-smirnov' | 'chi-square' | 'two-proportions' | 'wasserstein' | 'jensen-shannon'

export type Drift =
  | {
      readonly outcome: 'drifted' | 'stable'
      readonly test: DriftTest
      /** A p-value for the three tests, a distance for the two last. */
      readonly value: number
      readonly threshold: number
      readonly reason: string
    }
  | { readonly outcome: 'unknown'; readonly reason: string }

export interface DriftOptions {
  /** Either window needs so many rows. Default 30. */
  readonly rowsMin?: number
  /** Drifted below this p. Default 0.05: one look in twenty says "drifted" without any drift, each time one looks. */
  readonly alpha?: number
  /** Drifted at or above this distance (Wasserstein over sigma, or Jensen-Shannon in nats). Default 0.1. */
  readonly distance?: number
}

/**
 * Whether a feature's current window differs from its reference. It picks as Evidently does by default: up to 1000 rows
 * a test at p < 0.05 (numbers: Kolmogorov-Smirnov; categories: chi-square; two categories: z-test), with more rows a
 * distance >= 0.1 (numbers: Wasserstein over sigma; categories: Jensen-Shannon), since with many rows a test finds any
 * difference, however small. Numbers with at most five distinct values count as categories. Where it differs, and why:
 *
 * - The *smaller* window decides about "up to 1000 rows", not the reference: with 100 current rows, chance alone makes
 *   distances of 0.1. For the same reason a distance that chance alone would bring to half its threshold is left for the test.
 * - The chi-square test is that of two samples (see `chiSquareAgainst` for what Evidently's gets wrong).
 *
 * A warning for people, no ground for rolling back by itself: a test at each look errs at each look.
 */
export function drift(reference: DriftSketch, current: DriftSketch, options: DriftOptions = {}): Drift {
  const { rowsMin = 30 } = options
  const [n, m] = [rowsOf(reference), rowsOf(current)]
  if (Math.min(n, m) < rowsMin) {
    return unknown(`too few rows: ${n} in the reference and ${m} now, at least ${rowsMin} needed in each`)
  }
  if (reference.kind === 'numbers' && current.kind === 'numbers') return driftOfNumbers(reference, current, options)
  if (reference.kind === 'categories' && current.kind === 'categories') {
    return driftOfCategories(reference, current, options)
  }
  return unknown('one window holds numbers and the other categories: take a new reference')
}

export type DriftSketch = NumberSketch | CategorySketch

const testRowsMax = 1000
const distinctAsCategoriesMax = 5

function driftOfNumbers(reference: NumberSketch, current: NumberSketch, options: DriftOptions): Drift {
  if (reference.relativeError !== current.relativeError) {
    return unknown('the windows were counted with different relative errors: take a new reference')
  }
  const few = pairBuckets(reference, current)
  if (few.reference.length <= distinctAsCategoriesMax) return compareCategories(few, options)
  const pairs = pairSketches(reference, current)
  const spread = spreadOf(reference, current)
  const byChance = wassersteinByChance(pairs) / spread
  if (useTest(reference.count, current.count, byChance, options)) {
    return tested('kolmogorov-smirnov', kolmogorovSmirnov(pairs).p, options)
  }
  return measured('wasserstein', wassersteinDistance(pairs) / spread, options)
}

function driftOfCategories(reference: CategorySketch, current: CategorySketch, options: DriftOptions): Drift {
  const vague = [reference, current].find((sketch) => sketch.other > categoryTotal(sketch) / 2)
  if (vague) {
    const kept = `the ${vague.categoriesMax} categories that are counted`
    return unknown(`more than half of the rows lie outside ${kept}: watch the length of this field instead`)
  }
  return compareCategories(pairCategories(reference, current), options)
}

function compareCategories(paired: PairedCounts, options: DriftOptions): Drift {
  const [n, m] = [total(paired.reference), total(paired.current)]
  if (!useTest(n, m, jensenShannonByChance(paired), options)) {
    return measured('jensen-shannon', jensenShannonDistance(paired), options)
  }
  if (paired.reference.length > 2) return tested('chi-square', twoSampleChiSquare(paired).p, options)
  const [hits, hitsNow] = [paired.reference[0] ?? 0, paired.current[0] ?? 0]
  const { p } = twoProportions({ hits, rows: n }, { hits: hitsNow, rows: m })
  return tested('two-proportions', p, options)
}

function useTest(n: number, m: number, byChance: number, { distance = 0.1 }: DriftOptions): boolean {
  return Math.min(n, m) <= testRowsMax || byChance > distance / 2
}

function tested(test: DriftTest, p: number, { alpha = 0.05 }: DriftOptions): Drift {
  const drifted = p < alpha
  const reason = `${labels[test]}: p = ${rounded(p)}, ${drifted ? 'below' : 'not below'} ${rounded(alpha)}`
  return { outcome: drifted ? 'drifted' : 'stable', test, value: p, threshold: alpha, reason }
}

function measured(test: DriftTest, value: number, { distance = 0.1 }: DriftOptions): Drift {
  const drifted = value >= distance
  const reason = `${labels[test]}: ${rounded(value)}, ${drifted ? 'at least' : 'below'} ${distance}`
  return { outcome: drifted ? 'drifted' : 'stable', test, value, threshold: distance, reason }
}

const labels: Readonly<Record<DriftTest, string>> = {
  'kolmogorov-smirnov': 'Kolmogorov-Smirnov test',
  'chi-square': 'chi-square test',
  'two-proportions': 'z-test of two shares',
  wasserstein: 'Wasserstein distance in standard deviations',
  'jensen-shannon': 'Jensen-Shannon distance',
}

function unknown(reason: string): Drift {
  return { outcome: 'unknown', reason }
}

function rowsOf(sketch: DriftSketch): number {
  return sketch.kind === 'numbers' ? sketch.count : categoryTotal(sketch)
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)))
}
