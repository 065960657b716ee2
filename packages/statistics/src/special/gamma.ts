// The gamma function's family in double precision, from which the normal and chi-square distributions follow.

const lanczosG = 607 / 128
const lanczos = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746, -0.4919138160976202,
  3.399464998481189e-5, 4.652362892704858e-5, -9.837447530487956e-5, 0.0001580887032249125, -0.00021026444172410488,
  0.00021743961811521265, -0.0001643181065367639, 8.441822398385275e-5, -2.6190838401581408e-5, 3.6899182659531625e-6,
]

/**
 * ln of the gamma function for x > 0 (relative error about 1e-14); NaN otherwise.
 * Source: Lanczos 1964 with the coefficients of P. Godfrey (g = 607/128, 15 terms).
 */
export function lnGamma(x: number): number {
  if (!(x > 0)) return Number.NaN
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x)
  let sum = lanczos[0] ?? 0
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] ?? 0) / (x - 1 + i)
  const t = x - 0.5 + lanczosG
  return (x - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * sum)
}

/** ln of the beta function, a, b > 0. */
export const lnBeta = (a: number, b: number): number => lnGamma(a) + lnGamma(b) - lnGamma(a + b)

/** ln of the multivariate beta function: the product of gammas over the gamma of the sum; every entry > 0. */
export function lnMultivariateBeta(alphas: readonly number[]): number {
  let sum = 0
  let total = 0
  for (const alpha of alphas) {
    sum += lnGamma(alpha)
    total += alpha
  }
  return sum - lnGamma(total)
}

/**
 * The regularised incomplete gamma functions P(a, x) and Q = 1 - P, a > 0, x >= 0: each is computed directly where it is
 * small, so that tails keep their relative accuracy (about 1e-13).
 * Source: Numerical Recipes 6.2: the series below a + 1, Lentz's continued fraction above.
 */
export function incompleteGamma(a: number, x: number): { p: number; q: number } {
  if (!(a > 0 && x >= 0)) return { p: Number.NaN, q: Number.NaN }
  if (x === 0) return { p: 0, q: 1 }
  if (x === Number.POSITIVE_INFINITY) return { p: 1, q: 0 }
  const front = Math.exp(-x + a * Math.log(x) - lnGamma(a))
  if (x < a + 1) {
    const p = front * series(a, x)
    return { p, q: 1 - p }
  }
  const q = front * continuedFraction(a, x)
  return { p: 1 - q, q }
}

const termsMax = 10_000

function series(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < termsMax && Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum
}

function continuedFraction(a: number, x: number): number {
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let h = d
  for (let i = 1; i < termsMax; i++) {
    const an = -i * (i - a)
    b += 2
    d = an * d + b
    if (Math.abs(d) < tiny) d = tiny
    c = b + an / c
    if (Math.abs(c) < tiny) c = tiny
    d = 1 / d
    const step = d * c
    h *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return h
}
