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

/** The pooled z-test of two proportions, two-sided: hits and rows of each window. p is 1 where all or none are hits. */
export function twoProportions(
  reference: { readonly hits: number; readonly rows: number },
  current: { readonly hits: number; readonly rows: number },
): TestResult {
  const pooled = (reference.hits + current.hits) / (reference.rows + current.rows)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / reference.rows + 1 / current.rows))
  if (!(error > 0)) return { statistic: 0, p: 1 }
  const statistic = (current.hits / current.rows - reference.hits / reference.rows) / error
  return { statistic, p: 2 * normalCdf(-Math.abs(statistic)) }
}

function poolRare({ reference, current }: PairedCounts): PairedCounts {
  const [n, m] = [total(reference), total(current)]
  const enough = (5 * (n + m)) / Math.min(n, m)
  const kept: [number, number][] = []
  let pool: [number, number] = [0, 0]
  const pairs = reference.map((count, at): [number, number] => [count, current[at] ?? 0])
  for (const [r, c] of pairs.sort((a, b) => b[0] + b[1] - a[0] - a[1])) {
    if (r + c >= enough) kept.push([r, c])
    else pool = [pool[0] + r, pool[1] + c]
  }
  // A pool that is itself too small joins the smallest category that is not.
  if (pool[0] + pool[1] < enough) {
    const smallest = kept.pop() ?? [0, 0]
    pool = [pool[0] + smallest[0], pool[1] + smallest[1]]
  }
  kept.push(pool)
  return { reference: kept.map(([r]) => r), current: kept.map(([, c]) => c) }
}

function pearson(observed: number, expected: number): number {
  if (expected === 0) return observed === 0 ? 0 : Number.POSITIVE_INFINITY
  return (observed - expected) ** 2 / expected
}

function tail(statistic: number, degrees: number): number {
  return degrees < 1 ? 1 : chiSquareTail(statistic, degrees)
}
