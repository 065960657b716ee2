import { type CategorySketch, categoryTotal } from '../sketches/category-sketch.ts'
import type { NumberSketch } from '../sketches/number-sketch.ts'
import { jensenShannonByChance, jensenShannonDistance } from './category-distances.ts'
import { fisherExact, isRare, onlyFrequent, twoProportions, twoSampleChiSquare } from './category-tests.ts'
import {
  kolmogorovSmirnov,
  pairSketches,
  spreadOf,
  wassersteinByChance,
  wassersteinDistance,
} from './number-distances.ts'
import { type PairedCounts, pairBuckets, pairCategories, total } from './paired-counts.ts'

export type DriftTest =
  | 'kolmogorov-smirnov'
  | 'chi-square'
  | 'two-proportions'
  | 'fisher-exact'
  | 'wasserstein'
  | 'jensen-shannon'

export type Drift =
  | {
      readonly outcome: 'drifted' | 'stable'
      readonly test: DriftTest
      /** A p-value for the four tests, a distance for the two last. */
      readonly value: number
      readonly threshold: number
      readonly reason: string
    }
  | { readonly outcome: 'unknown'; readonly reason: string }

export interface DriftOptions {
  /** Either window needs so many rows; of numbers so many that are there, and for the share of missing ones so many in all. Default 30. */
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
 * - Of two categories of which one is rare, Fisher's exact test: in 100 rows a single new value has p = 0.002 by the z-test.
 * - Of several of which all but one are rare, these together against that one, as two categories.
 * - Where numbers are missing, the share of those is compared too, each at half of alpha: a number that stops coming is drift.
 *
 * A warning for people, no ground for rolling back by itself: a test at each look errs at each look.
 */
export function drift(reference: DriftSketch, current: DriftSketch, options: DriftOptions = {}): Drift {
  if (reference.kind === 'numbers' && current.kind === 'numbers') return driftOfNumbers(reference, current, options)
  const [n, m] = [valuesIn(reference), valuesIn(current)]
  if (reference.kind === 'categories' && current.kind === 'categories') {
    return tooFew(n, m, options) ?? driftOfCategories(reference, current, options)
  }
  return tooFew(n, m, options) ?? unknown('one window holds numbers and the other categories: take a new reference')
}

export type DriftSketch = NumberSketch | CategorySketch

const alphaDefault = 0.05
const testRowsMax = 1000
const distinctAsCategoriesMax = 5

/** By what is there and by the share of what is not; what of the two drifted is told, else what was found of the first. */
function driftOfNumbers(reference: NumberSketch, current: NumberSketch, options: DriftOptions): Drift {
  if (reference.missing + current.missing === 0) return driftOfValues(reference, current, options)
  const halved = { ...options, alpha: (options.alpha ?? alphaDefault) / 2 }
  const found = driftOfValues(reference, current, halved)
  if (found.outcome === 'drifted') return found
  const ofMissing = driftOfMissing(reference, current, halved)
  return ofMissing?.outcome === 'drifted' ? ofMissing : found
}

/** Undefined with too few rows. */
function driftOfMissing(reference: NumberSketch, current: NumberSketch, options: DriftOptions): Drift | undefined {
  if (tooFew(reference.count + reference.missing, current.count + current.missing, options)) return undefined
  const shares = {
    reference: [reference.count, reference.missing],
    current: [current.count, current.missing],
  }
  const found = compareCategories(shares, options)
  return { ...found, reason: `missing values, ${found.reason}` }
}

function driftOfValues(reference: NumberSketch, current: NumberSketch, options: DriftOptions): Drift {
  const few = tooFew(reference.count, current.count, options)
  if (few) return few
  if (reference.relativeError !== current.relativeError) {
    return unknown('the windows were counted with different relative errors: take a new reference')
  }
  const buckets = pairBuckets(reference, current)
  if (buckets.reference.length <= distinctAsCategoriesMax) return compareCategories(buckets, options)
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
  const several = paired.reference.length > 2
  const one = several ? onlyFrequent(paired) : ([paired.reference[0] ?? 0, paired.current[0] ?? 0] as const)
  if (!one) return tested('chi-square', twoSampleChiSquare(paired).p, options)
  const [hits, hitsNow] = one
  const shares = [
    { hits, rows: n },
    { hits: hitsNow, rows: m },
  ] as const
  if (isRare(...shares)) return tested('fisher-exact', fisherExact(...shares).p, options)
  return tested('two-proportions', twoProportions(...shares).p, options)
}

function useTest(n: number, m: number, byChance: number, { distance = 0.1 }: DriftOptions): boolean {
  return Math.min(n, m) <= testRowsMax || byChance > distance / 2
}

function tested(test: DriftTest, p: number, { alpha = alphaDefault }: DriftOptions): Drift {
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
  'fisher-exact': "Fisher's exact test of two shares",
  wasserstein: 'Wasserstein distance in standard deviations',
  'jensen-shannon': 'Jensen-Shannon distance',
}

function tooFew(n: number, m: number, { rowsMin = 30 }: DriftOptions): Drift | undefined {
  if (Math.min(n, m) >= rowsMin) return undefined
  return unknown(`too few rows: ${n} in the reference and ${m} now, at least ${rowsMin} needed in each`)
}

function unknown(reason: string): Drift {
  return { outcome: 'unknown', reason }
}

function valuesIn(sketch: DriftSketch): number {
  return sketch.kind === 'numbers' ? sketch.count : categoryTotal(sketch)
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)))
}
