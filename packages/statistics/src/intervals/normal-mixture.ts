import { lnNormalCdf } from '../special/normal.ts'

// The radius of a mean's confidence sequence, in standard errors, and the e-value that belongs to it. One mixture has three
// names: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021 ("Time-uniform central
// limit theory", Theorem 2.2), the mSPRT with a normal prior (Johari et al. 2017), and avlm's radius (Lindon et al. 2022).
// It holds at all n at once, so that looking at any time and stopping on what one sees is allowed.

/**
 * g, the number of units that the mixture's prior is worth: the radius at error probability `alpha` is narrowest near
 * `expectedUnits` (N*). Source: Waudby-Smith et al., appendix B.2, by the approximation of Howard et al. 2021:
 * 1/g = rho^2 = (-2 ln alpha + ln(1 - 2 ln alpha)) / N*.
 */
export function priorUnits(expectedUnits: number, alpha: number): number {
  const ln = -2 * Math.log(alpha)
  return expectedUnits / (ln + Math.log(1 + ln))
}

/** m(n): the two-sided radius at n units in standard errors of the estimate. Infinite at n = 0. */
export const radius = (n: number, g: number, alpha: number): number =>
  n > 0 ? Math.sqrt(((g + n) / n) * Math.log((g + n) / (g * alpha * alpha))) : Number.POSITIVE_INFINITY

/**
 * The same where the standard error is estimated with `degrees` degrees of freedom: it never undershoots {@link radius}, and
 * is infinite while there is too little to say anything. Exact for normal values of equal variance.
 * Source: Lindon, Ham, Tingley and Bojinov 2022 (avlm), t_radius.
 */
export function studentRadius(n: number, degrees: number, g: number, alpha: number): number {
  if (!(n > 0 && degrees > 0)) return Number.POSITIVE_INFINITY
  const r = g / (g + n)
  // w = (r alpha^2)^(1/(degrees+1)), by expm1 so that 1 - w keeps its digits for many degrees.
  const below = -Math.expm1(Math.log(r * alpha * alpha) / (degrees + 1))
  const room = 1 - r - below
  return room > 0 ? Math.sqrt((degrees * below) / room) : Number.POSITIVE_INFINITY
}

/**
 * The one-sided radius in standard errors; `g` = priorUnits(N*, 2 alpha). Source: Waudby-Smith et al., Proposition B.2.
 * With `degrees`, it is widened by what the Student form adds to the two-sided radius at 2 alpha. That ratio is an
 * approximation for small n; no statistical decision is made below some 100 units an arm, where it is 1.02 or less.
 */
export function oneSidedRadius(n: number, g: number, alpha: number, degrees = Number.POSITIVE_INFINITY): number {
  if (!(n > 0)) return Number.POSITIVE_INFINITY
  const shares = n / g
  const plain = Math.sqrt(((2 * (shares + 1)) / shares) * Math.log1p(Math.sqrt(shares + 1) / (2 * alpha)))
  if (degrees === Number.POSITIVE_INFINITY) return plain
  return plain * (studentRadius(n, degrees, g, 2 * alpha) / radius(n, g, 2 * alpha))
}

/**
 * ln of the e-value against "the effect is zero" at z = estimate / standard error. With `degrees` the Student form, whose
 * e >= 1/alpha exactly where |z| >= studentRadius. e may be read at any time; 1/e is a p-value that holds at any time.
 */
export function lnEValue(z: number, n: number, g: number, degrees = Number.POSITIVE_INFINITY): number {
  if (!(n > 0)) return 0
  const r = g / (g + n)
  if (degrees === Number.POSITIVE_INFINITY) return 0.5 * Math.log(r) + (z * z * (1 - r)) / 2
  if (!(degrees > 0)) return 0
  const x = (z * z) / degrees
  if (x === Number.POSITIVE_INFINITY) return (-degrees / 2) * Math.log(r)
  return 0.5 * Math.log(r) + ((degrees + 1) / 2) * (Math.log1p(x) - Math.log1p(r * x))
}

/** p = min(1, 1/e). */
export const pOfLnE = (lnE: number): number => Math.min(1, Math.exp(-lnE))

/**
 * p as a running minimum: once small it stays so (the smallest p so far is a valid p as well). Keep it per metric in the store.
 */
export const runningP = (previous: number | undefined, current: number): number => Math.min(previous ?? 1, current)

// The next three are the exact boundaries in intrinsic time v (the variance of the sum s), as in Howard, Ramdas, McAuliffe
// and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Propositions 5 and 6, for sums that are
// truly sub-Gaussian. Their test vectors tie the closed forms above to confseq.

/** ln of the two-sided normal mixture supermartingale at sum s, intrinsic time v, rho > 0. */
export const lnMixture = (s: number, v: number, rho: number): number =>
  0.5 * Math.log(rho / (v + rho)) + (s * s) / (2 * (v + rho))

/** ln of the one-sided normal mixture supermartingale. */
export const lnMixtureOneSided = (s: number, v: number, rho: number): number =>
  0.5 * Math.log((4 * rho) / (v + rho)) + (s * s) / (2 * (v + rho)) + lnNormalCdf(s / Math.sqrt(v + rho))

/** The exact one-sided boundary: the smallest s >= 0 at which the mixture reaches 1/alpha; by bisection. */
export function mixtureBoundOneSided(v: number, rho: number, alpha: number): number {
  const target = -Math.log(alpha)
  let low = 0
  let high = 1
  while (lnMixtureOneSided(high, v, rho) < target) high *= 2
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2
    if (lnMixtureOneSided(middle, v, rho) < target) low = middle
    else high = middle
  }
  return high
}
