import { lnMultivariateBeta } from './special/gamma.ts'

/** How firmly the alternatives expect the shares to be as declared: from a gross mismatch (10) to a slight one (1e5). */
const concentrations = [10, 100, 1000, 10_000, 100_000]

/**
 * ln of the Bayes factor against "each unit falls into arm i with probability shares[i]", with a Dirichlet(`alphas`) prior as the
 * alternative: lnB(alphas + counts) - lnB(alphas) - sum counts ln shares. As an e-value it may be read after every unit.
 * Source: Lindon and Malek 2020, "Anytime-valid inference for multinomial count data" (optimizely/ssrm).
 */
export function lnBayesFactor(counts: readonly number[], shares: readonly number[], alphas: readonly number[]): number {
  const expected = counts.reduce((sum, count, i) => sum + (count === 0 ? 0 : count * Math.log(shares[i] ?? 0)), 0)
  return lnMultivariateBeta(alphas.map((alpha, i) => alpha + (counts[i] ?? 0))) - lnMultivariateBeta(alphas) - expected
}

/** The average of the Bayes factors over several concentrations k (alphas = k x shares): an average of e-values is one. */
export function lnAverageBayesFactor(counts: readonly number[], shares: readonly number[]): number {
  const used = shares.map((share, i) => ({ share, count: counts[i] ?? 0 })).filter(({ share }) => share > 0)
  // A unit in an arm without a share can't have come about by chance.
  if (used.reduce((sum, { count }) => sum + count, 0) < counts.reduce((a, b) => a + b, 0))
    return Number.POSITIVE_INFINITY
  if (used.length < 2) return 0
  const usedCounts = used.map(({ count }) => count)
  const usedShares = used.map(({ share }) => share)
  const lns = concentrations.map((k) =>
    lnBayesFactor(
      usedCounts,
      usedShares,
      usedShares.map((share) => k * share),
    ),
  )
  const most = Math.max(...lns)
  return most + Math.log(lns.reduce((sum, ln) => sum + Math.exp(ln - most), 0) / lns.length)
}

export interface CountedShares {
  /** Units (or feedbacks, or errors) per arm. */
  readonly counts: readonly number[]
  /** The declared share of each arm; they sum to 1. */
  readonly shares: readonly number[]
}

/**
 * The sample-ratio check over epochs, at any time: p = min(1, 1 / product of the epochs' Bayes factors). Keep the running minimum
 * (runningP) in the store. Freeze decisions at p < 0.001.
 *
 * The same function on units *with feedback* tests for unequal feedback rates, and on error counts for unequal error rates while the
 * load changes: under equal rates each of them falls into arm i with that arm's share.
 * Throws RangeError if shares do not sum to 1 or a count is negative.
 */
export function sampleRatioCheck(epochs: readonly CountedShares[]): { readonly lnE: number; readonly p: number } {
  let lnE = 0
  for (const { counts, shares } of epochs) {
    if (counts.length !== shares.length || counts.some((count) => !(count >= 0))) {
      throw new RangeError('each share needs a count of 0 or more')
    }
    if (Math.abs(shares.reduce((a, b) => a + b, 0) - 1) > 1e-9) throw new RangeError('shares must sum to 1')
    lnE += lnAverageBayesFactor(counts, shares)
  }
  return { lnE, p: Math.min(1, Math.exp(-lnE)) }
}
