import { chiSquareTail } from '../special/chi-square.ts'
import { normalCdf } from '../special/normal.ts'
import { type PairedCounts, total } from './paired-counts.ts'

export interface TestResult {
  readonly statistic: number
  /** The probability of a statistic at least this large if both windows come from one distribution. */
  readonly p: number
}

/**
 * Pearson's chi-square of the current counts against the *reference's shares taken as the truth*, as Evidently does. Only right
 * where the reference is far larger than the current window or was given by design: it leaves out that a reference is a sample
 * too. With windows of equal size its statistic is twice too large, and with 6 categories it calls 35 % of pairs without any
 * drift "drifted" at p < 0.05. `drift` therefore uses `twoSampleChiSquare`.
 */
export function chiSquareAgainst({ reference, current }: PairedCounts): TestResult {
  const scale = total(current) / total(reference)
  const statistic = reference.reduce((sum, count, at) => sum + pearson(current[at] ?? 0, count * scale), 0)
  return { statistic, p: tail(statistic, reference.length - 1) }
}

/**
 * Pearson's chi-square test of homogeneity of two samples, degrees of freedom = categories - 1. Categories of which fewer than 5
 * are expected in either window are pooled first (Cochran 1954), by the sum of both windows, so that pooling does not favour
 * an outcome.
 */
export function twoSampleChiSquare(paired: PairedCounts): TestResult {
  const { reference, current } = poolRare(paired)
  const [n, m] = [total(reference), total(current)]
  const statistic = reference.reduce((sum, inReference, at) => {
    const inCurrent = current[at] ?? 0
    const share = (inReference + inCurrent) / (n + m)
    return sum + pearson(inReference, share * n) + pearson(inCurrent, share * m)
  }, 0)
  return { statistic, p: tail(statistic, reference.length - 1) }
}

export interface Share {
  readonly hits: number
  readonly rows: number
}

/** Fewer than 5 hits or misses are expected in a window: where the normal approximation is no good (Cochran 1954). */
export function isRare(reference: Share, current: Share): boolean {
  const hits = reference.hits + current.hits
  const rows = reference.rows + current.rows
  return (Math.min(hits, rows - hits) * Math.min(reference.rows, current.rows)) / rows < 5
}

/**
 * Fisher's exact test of two shares, two-sided: of all tables with these sums, the probability of those that are no more probable
 * than the one at hand (Fisher 1935; so in R's `fisher.test` and SciPy). It has no statistic but the hits in the current window.
 * The hypergeometric weights are taken from one count of hits to the next, relative to the most probable one: nothing is lost as by
 * differences of large logarithms.
 */
export function fisherExact(reference: Share, current: Share): TestResult {
  const hits = reference.hits + current.hits
  const [n, m] = [reference.rows, current.rows]
  const [least, most] = [Math.max(0, hits - n), Math.min(hits, m)]
  const mode = Math.min(most, Math.max(least, Math.floor(((hits + 1) * (m + 1)) / (n + m + 2))))
  /** Of x + 1 hits in the current window to x. */
  const ratio = (x: number) => ((hits - x) * (m - x)) / ((x + 1) * (n - hits + x + 1))
  const weights = new Map([[mode, 1]])
  const weightOf = (x: number) => weights.get(x) ?? 0
  for (let x = mode; x < most; x++) weights.set(x + 1, weightOf(x) * ratio(x))
  for (let x = mode; x > least; x--) weights.set(x - 1, weightOf(x) / ratio(x - 1))
  // Equally probable tables differ in their last digits.
  const atHand = weightOf(current.hits) * (1 + 1e-7)
  const all = [...weights.values()]
  const extreme = all.filter((weight) => weight <= atHand)
  return { statistic: current.hits, p: Math.min(1, total(extreme) / total(all)) }
}

/** The pooled z-test of two proportions, two-sided: hits and rows of each window. p is 1 where all or none are hits. */
export function twoProportions(reference: Share, current: Share): TestResult {
  const pooled = (reference.hits + current.hits) / (reference.rows + current.rows)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / reference.rows + 1 / current.rows))
  if (!(error > 0)) return { statistic: 0, p: 1 }
  const statistic = (current.hits / current.rows - reference.hits / reference.rows) / error
  return { statistic, p: 2 * normalCdf(-Math.abs(statistic)) }
}

/** Reference and current count of the one category that is not rare, in the sense of `poolRare`; undefined where more are, or none. */
export function onlyFrequent(paired: PairedCounts): readonly [number, number] | undefined {
  const { kept } = keptAndPool(paired)
  return kept.length === 1 ? kept[0] : undefined
}

function poolRare(paired: PairedCounts): PairedCounts {
  const { kept, pool: rare, enough } = keptAndPool(paired)
  let pool = rare
  // A pool that is itself too small joins the smallest category that is not.
  if (pool[0] + pool[1] < enough) {
    const smallest = kept.pop() ?? [0, 0]
    pool = [pool[0] + smallest[0], pool[1] + smallest[1]]
  }
  kept.push(pool)
  return { reference: kept.map(([r]) => r), current: kept.map(([, c]) => c) }
}

function keptAndPool({ reference, current }: PairedCounts) {
  const [n, m] = [total(reference), total(current)]
  const enough = (5 * (n + m)) / Math.min(n, m)
  const kept: [number, number][] = []
  let pool: [number, number] = [0, 0]
  const pairs = reference.map((count, at): [number, number] => [count, current[at] ?? 0])
  for (const [r, c] of pairs.sort((a, b) => b[0] + b[1] - a[0] - a[1])) {
    if (r + c >= enough) kept.push([r, c])
    else pool = [pool[0] + r, pool[1] + c]
  }
  return { kept, pool, enough }
}

function pearson(observed: number, expected: number): number {
  if (expected === 0) return observed === 0 ? 0 : Number.POSITIVE_INFINITY
  return (observed - expected) ** 2 / expected
}

function tail(statistic: number, degrees: number): number {
  return degrees < 1 ? 1 : chiSquareTail(statistic, degrees)
}
