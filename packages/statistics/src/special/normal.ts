import { incompleteGamma } from './gamma.ts'

/** The standard normal distribution function, with relative accuracy in both tails. Source: Phi(-x) = Q(1/2, x^2/2) / 2. */
export function normalCdf(x: number): number {
  const { p, q } = incompleteGamma(0.5, (x * x) / 2)
  return x < 0 ? q / 2 : 0.5 + p / 2
}

/** ln of {@link normalCdf}; below -35, where that underflows, its asymptotic expansion. */
export function lnNormalCdf(x: number): number {
  if (x > -35) return Math.log(normalCdf(x))
  return -(x * x) / 2 - Math.log(-x) - lnSqrt2Pi + Math.log1p(-1 / (x * x))
}

export const lnNormalDensity = (x: number): number => -(x * x) / 2 - lnSqrt2Pi

const lnSqrt2Pi = 0.5 * Math.log(2 * Math.PI)

/**
 * The standard normal quantile of 0 <= p <= 1 (NaN outside), accurate to about 1e-14.
 * Newton's method on ln Phi, which is concave: from a start with Phi(x) <= p (Chernoff: Phi(-t) <= exp(-t^2/2) / 2) every step
 * stays left of the root, so it converges for every p.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p === 0) return Number.NEGATIVE_INFINITY
  const target = Math.log(p)
  let x = -Math.sqrt(Math.max(0, -2 * (target + Math.LN2)))
  for (let i = 0; i < 50; i++) {
    const ln = lnNormalCdf(x)
    const step = (target - ln) * Math.exp(ln - lnNormalDensity(x))
    x += step
    if (Math.abs(step) < 1e-15 * (1 + Math.abs(x))) break
  }
  return x
}
