import { lnBeta } from '../special/gamma.ts'

// The beta-binomial mixture: an exact supermartingale for counts of a known probability G, without any normal approximation.
// Source: Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021 (Proposition 7); confseq's BetaBinomialMixture.
// With S = k - G n and V = G (1 - G) n its formula
//   -((V+HS)/H) ln G - ((V-GS)/G) ln H + lnB((r+V-GS)/G, (r+V+HS)/H) - lnB(r/G, r/H),  H = 1 - G,
// reads more simply: V + HS = H k and V - GS = G (n - k), so it is the marginal likelihood of k out of n under a Beta(r/H, r/G)
// prior, whose mean is G, over the likelihood under G.

/** A mixture that is sharpest after `expectedValues` values (t_opt) at error probability `alpha` (alpha_opt). */
export interface BetaMixture {
  readonly probability: number
  readonly a: number
  readonly b: number
}

export function betaMixture(probability: number, expectedValues: number, alpha = 0.05): BetaMixture {
  const variance = probability * (1 - probability)
  const ln = -2 * Math.log(alpha)
  const rho = (expectedValues * variance) / (ln + Math.log(1 + ln))
  const r = Math.max(rho - variance, 1e-3 * variance)
  return { probability, a: r / (1 - probability), b: r / probability }
}

/** ln of the mixture's e-value against `probability` after k of n; convex in k. May be looked at any time. */
export function lnBetaMixture({ probability, a, b }: BetaMixture, k: number, n: number): number {
  return lnBeta(a + k, b + n - k) - lnBeta(a, b) - k * Math.log(probability) - (n - k) * Math.log1p(-probability)
}

/**
 * The least of {@link lnBetaMixture} over low <= k <= high: what may be claimed where the count is known only within bounds (ties, a
 * histogram's bucket). The mixture's least k lies within 1/2 of probability x n; this takes it to be at the digammas' expansion.
 */
export function lnBetaMixtureLeast(mixture: BetaMixture, low: number, high: number, n: number): number {
  return lnBetaMixture(mixture, Math.min(Math.max(leastCount(mixture.probability, n), low), high), n)
}

/** The count out of n that speaks least against a probability. */
export const leastCount = (probability: number, n: number): number => probability * n + 0.5 - probability
