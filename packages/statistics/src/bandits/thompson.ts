import { betaDraw, normalDraw, type Random } from '../simulation/random.ts'

/** What is believed of an arm: of a rate Beta(1 + hits, 1 + misses), of a mean a normal around its estimate. */
export type Belief =
  | { readonly kind: 'rate'; readonly n: number; readonly hits: number }
  | { readonly kind: 'mean'; readonly value: number; readonly standardError: number }

export interface ThompsonOptions {
  readonly optimise: 'min' | 'max'
  readonly random: Random
  /** How many draws decide the shares; their error is at most 0.5 / sqrt(draws). Default 2000. */
  readonly draws?: number
  /** The least share of each arm, so that every arm goes on being measured. Default 0.05. */
  readonly floor?: number
}

/**
 * The shares of traffic by Thompson sampling: the probability that an arm is the best, mixed with the floor. Opt-in: it earns more
 * while it learns, and learns more slowly. New shares start a new epoch; within an epoch they are fixed, so the sequences hold.
 * Source: Thompson 1933; Russo et al. 2018.
 */
export function thompsonShares(arms: readonly Belief[], options: ThompsonOptions): number[] {
  const { optimise, random, draws = 2000, floor = 0.05 } = options
  if (!(floor >= 0 && floor * arms.length <= 1)) throw new RangeError('the floors of all arms must not exceed 1')
  const wins = arms.map(() => 0)
  const sign = optimise === 'max' ? 1 : -1
  for (let i = 0; i < draws; i++) {
    let best = 0
    let most = Number.NEGATIVE_INFINITY
    for (const [at, arm] of arms.entries()) {
      const value = sign * draw(arm, random)
      if (value > most) [best, most] = [at, value]
    }
    wins[best] = (wins[best] ?? 0) + 1
  }
  return wins.map((count) => floor + (1 - floor * arms.length) * (count / draws))
}

const draw = (arm: Belief, random: Random): number =>
  arm.kind === 'rate'
    ? betaDraw(1 + arm.hits, 1 + arm.n - arm.hits, random)
    : arm.value + arm.standardError * normalDraw(random)
