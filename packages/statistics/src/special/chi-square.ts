import { incompleteGamma } from './gamma.ts'

/** P(X >= x) of a chi-square variable with `degrees` > 0. Source: Q(degrees/2, x/2). */
export const chiSquareTail = (x: number, degrees: number): number => incompleteGamma(degrees / 2, x / 2).q

/**
 * Pearson's test of counts against shares (which sum to 1): for a *single* look at the end, e.g. in a report. It is no
 * sequential test; the running check is sampleRatioCheck.
 */
export function chiSquareOfCounts(
  counts: readonly number[],
  shares: readonly number[],
): { statistic: number; p: number } {
  const total = counts.reduce((a, b) => a + b, 0)
  let statistic = 0
  for (const [i, count] of counts.entries()) {
    const expected = total * (shares[i] ?? 0)
    statistic += expected === 0 ? (count === 0 ? 0 : Number.POSITIVE_INFINITY) : (count - expected) ** 2 / expected
  }
  return { statistic, p: total === 0 ? 1 : chiSquareTail(statistic, counts.length - 1) }
}
