import { priorUnits } from '../intervals/normal-mixture.ts'

/** An arm as seen so far; `mean` is to be maximised (negate what is to be minimised), `variance` is that of one unit. */
export interface BanditArm {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

export interface ShareOptions {
  /** How much worse than the best an arm may be and still be good enough, in the metric's unit. Default 0. */
  readonly epsilon?: number
  /** The least share of each arm. Default 0.01. */
  readonly floor?: number
}

/**
 * The shares that find the best arm soonest: they maximise the least of gap^2 / (2 (vL/wL + vi/wi)) over the challengers i of the
 * leader L, gap = mean L - mean i + epsilon. For two arms that is Neyman's allocation, shares in proportion to the standard
 * deviations, whatever the gap. Source: Garivier and Kaufmann 2016; TensorZero solves the same as a cone program.
 * The objective is concave in the leader's share: golden section over that, bisection for the others.
 */
export function optimalShares(arms: readonly BanditArm[], { epsilon = 0, floor = 0.01 }: ShareOptions = {}): number[] {
  const k = arms.length
  if (!(floor >= 0 && floor * k <= 1)) throw new RangeError('the floors of all arms must not exceed 1')
  if (k < 2) return arms.map(() => 1)
  const leader = leaderOf(arms)
  const best = arms[leader]?.mean ?? 0
  const scale = Math.max(...arms.map(({ variance }) => variance), Number.MIN_VALUE)
  const parts = arms.map(({ mean, variance }) => ({
    // Ridges, so that equal means and constant values still give shares.
    variance: Math.max(variance / scale, 1e-9),
    gap: Math.max((best - mean + epsilon) / Math.sqrt(scale), 1e-6),
  }))
  let [low, high] = [Math.max(floor, 1e-6), 1 - (k - 1) * Math.max(floor, 1e-9)]
  for (let i = 0; i < 100; i++) {
    const [left, right] = [high - (high - low) * 0.618034, low + (high - low) * 0.618034]
    if (rateAt(parts, leader, left, floor).rate < rateAt(parts, leader, right, floor).rate) low = left
    else high = right
  }
  const shares = rateAt(parts, leader, (low + high) / 2, floor).shares
  const total = shares.reduce((a, b) => a + b, 0)
  return shares.map((share) => share / total)
}

interface Part {
  readonly variance: number
  readonly gap: number
}

/** The best reachable rate, and the shares that reach it, where the leader has the share `own`. */
function rateAt(parts: readonly Part[], leader: number, own: number, floor: number) {
  const leading = (parts[leader]?.variance ?? 1) / own
  const sharesFor = (rate: number) =>
    parts.map(({ variance, gap }, i) =>
      i === leader ? own : Math.max(floor, variance / ((gap * gap) / (2 * rate) - leading)),
    )
  const challengers = parts.filter((_, i) => i !== leader)
  let low = 0
  let high = Math.min(...challengers.map(({ gap }) => (gap * gap) / (2 * leading)))
  for (let i = 0; i < 80; i++) {
    const rate = (low + high) / 2
    if (sharesFor(rate).reduce((a, b) => a + b, 0) <= 1) low = rate
    else high = rate
  }
  return { rate: low, shares: sharesFor(Math.max(low, Number.MIN_VALUE)) }
}

/** Index of the arm with the largest mean, the first of equal ones. */
function leaderOf(arms: readonly BanditArm[]): number {
  let leader = 0
  for (const [i, arm] of arms.entries()) if (arm.mean > (arms[leader]?.mean ?? 0)) leader = i
  return leader
}

export interface StopOptions {
  /** The chance of stopping at an arm that is not the best (up to epsilon). */
  readonly delta: number
  /** Units over all arms at which stopping is easiest. */
  readonly expectedUnits: number
  readonly epsilon?: number
  /** Units that each arm needs first. Default 100. */
  readonly minimalUnits?: number
}

/**
 * Whether the leader is shown to be the best (within epsilon), at any time and under shares that follow the data.
 *
 * The usual rule, gap^2 / (2 (vL/nL + vi/ni)) > ln((1 + ln t)(K - 1) / delta), is a heuristic: its threshold grows as ln ln t,
 * and by the integral test of Kolmogorov, Erdos and Feller that is just too slow: between equal arms it is crossed sooner or later
 * with certainty (ln ln t + 1.5 ln ln ln t would be the border). Here each arm has a normal mixture of its own, whose product is an
 * e-value under any adaptive allocation (Kaufmann and Koolen 2021, "Mixture martingales revisited"): the statistic is a little smaller, the threshold
 * ln((K-1)/delta) + (ln((nL+g)/g) + ln((ni+g)/g)) / 2.
 */
export function mayStop(
  arms: readonly BanditArm[],
  options: StopOptions,
): { leader: number; stop: boolean; margin: number } {
  const { delta, expectedUnits, epsilon = 0, minimalUnits = 100 } = options
  const leader = leaderOf(arms)
  const challengers = Math.max(1, arms.length - 1)
  const g = priorUnits(expectedUnits / Math.max(2, arms.length), delta / challengers)
  let margin = Number.POSITIVE_INFINITY
  const first = arms[leader]
  for (const [i, arm] of arms.entries()) {
    if (i === leader || first === undefined) continue
    const gap = first.mean - arm.mean + epsilon
    const statistic = gap ** 2 / (2 * (shrunkError(first, g) + shrunkError(arm, g)))
    const threshold = Math.log(challengers / delta) + (Math.log1p(first.n / g) + Math.log1p(arm.n / g)) / 2
    margin = Math.min(margin, Number.isNaN(statistic) ? Number.NEGATIVE_INFINITY : statistic - threshold)
  }
  const enough = arms.length > 1 && arms.every(({ n }) => n >= minimalUnits)
  return { leader, stop: enough && margin > 0, margin }
}

const shrunkError = ({ n, variance }: BanditArm, g: number): number => (variance * (n + g)) / (n * n)
