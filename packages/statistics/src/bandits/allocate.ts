import { countsOf } from '../analysis/as-rates.ts'
import type { Accumulator, Epoch, MetricDefinition } from '../evidence.ts'
import { type Estimate, meanEstimate, ratioEstimate } from '../intervals/estimate.ts'
import { seededRandom } from '../simulation/random.ts'
import { type Belief, thompsonShares } from './thompson.ts'
import { type BanditArm, optimalShares } from './track-and-stop.ts'

export type AllocationMethod = 'thompson' | 'track-and-stop'

export interface AllocateOptions {
  readonly method: AllocationMethod
  /** The least share of each arm. */
  readonly least: number
  /** Units that each arm must have in the latest epoch. Default 20. */
  readonly unitsMin?: number
}

/**
 * The shares that arms should have next, by what is seen of one metric; they sum to 1. Undefined while the latest epoch tells too little of
 * an arm: the choice to go on with it is one by counts, and each epoch is worth its name.
 *
 * However they are chosen, what is shown stays valid: within an epoch shares are fixed before its units come, a unit counts in the first epoch
 * that it was met in, and epochs are combined by weights that counts alone decide (`combineEpochs`). The draws are seeded by the epoch,
 * so that all who see the same evidence find the same shares.
 */
export function allocate(
  epochs: readonly Epoch[],
  arms: readonly string[],
  metric: Pick<MetricDefinition, 'name' | 'optimise' | 'share'>,
  { method, least, unitsMin = 20 }: AllocateOptions,
): Readonly<Record<string, number>> | undefined {
  const known = epochs.map(({ arms: evidence }) =>
    arms.map((arm) => estimateOf(evidence[arm]?.metrics[metric.name], metric.share === true)),
  )
  const latest = known.at(-1)
  if (!latest?.every((estimate) => estimate !== undefined && estimate.n >= unitsMin)) return undefined
  const seen = combined(known.flatMap((epoch) => (epoch.every(isUsable) ? [epoch] : [])))
  if (seen.every(({ variance }) => !(variance > 0))) return undefined
  const shares = sharesBy[method](seen, metric.optimise, least, epochs.length)
  return Object.fromEntries(arms.map((arm, i) => [arm, shares[i] ?? 0]))
}

interface Seen extends BanditArm {
  readonly belief: Belief
}

/** What is seen of one arm in one epoch; `isRate`: each unit is either 0 or 1. */
interface ArmSeen extends Estimate {
  readonly isRate: boolean
}

const sharesBy: Readonly<
  Record<
    AllocationMethod,
    (seen: readonly Seen[], optimise: 'min' | 'max', least: number, seed: number) => readonly number[]
  >
> = {
  thompson: (seen, optimise, floor, seed) => {
    const beliefs = seen.map(({ belief }) => belief)
    return thompsonShares(beliefs, { optimise, floor, random: seededRandom(seed) })
  },
  'track-and-stop': (seen, optimise, floor) => {
    const sign = optimise === 'max' ? 1 : -1
    return optimalShares(
      seen.map(({ n, mean, variance }) => ({ n, mean: sign * mean, variance })),
      { floor },
    )
  },
}

function estimateOf(found: Accumulator | undefined, share: boolean): ArmSeen | undefined {
  const counts = found && (share || found.type === 'rate') ? countsOf(found) : undefined
  if (counts) {
    const { n, hits } = counts
    return { n, value: hits / n, variance: (hits * (n - hits)) / (n * (n - 1)), isRate: true }
  }
  switch (found?.type) {
    case 'mean':
      return { ...meanEstimate(found.moments), isRate: false }
    case 'ratio':
      return { ...ratioEstimate(found.moments), isRate: false }
    default:
      return undefined
  }
}

const isUsable = (estimate: ArmSeen | undefined): estimate is ArmSeen =>
  estimate !== undefined && estimate.n >= 2 && Number.isFinite(estimate.value) && Number.isFinite(estimate.variance)

/** Units after which an arm's own variance is worth as much as that of all arms. */
const ownVarianceFrom = 100

/** The squared error of a mean of which the own values tell little yet: a few that are alike are no proof that all are. */
const leastError = (pooled: number, n: number, units: number): number =>
  ((pooled / units) * ownVarianceFrom) / (ownVarianceFrom + n)

/**
 * All arms over the same epochs with the same weights, so that a drift between epochs is no difference between arms. `units`: as many
 * of one epoch would tell as much; of a single epoch those that there are.
 */
function combined(epochs: readonly (readonly ArmSeen[])[]): readonly Seen[] {
  const weights = epochs.map((arms) => 1 / arms.reduce((sum, { n }) => sum + 1 / n, 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const isRate = epochs.every((arms) => arms.every((arm) => arm.isRate))
  const arms = (epochs[0] ?? []).map((_, arm) => {
    let [mean, squaredError, perUnit, n, spread] = [0, 0, 0, 0, 0]
    for (const [i, epoch] of epochs.entries()) {
      const here = epoch[arm]
      const part = (weights[i] ?? 0) / total
      if (!here) continue
      mean += part * here.value
      squaredError += (part ** 2 * here.variance) / here.n
      perUnit += part ** 2 / here.n
      n += here.n
      spread += here.n * here.variance
    }
    return { n, mean, squaredError, units: 1 / perUnit, variance: spread / n }
  })
  const all = arms.reduce((sum, { n }) => sum + n, 0)
  const pooled = arms.reduce((sum, { n, variance }) => sum + n * variance, 0) / Math.max(1, all)
  return arms.map(({ n, mean, squaredError, units, variance }) => ({
    n,
    mean,
    // Of an arm in which nothing varied yet it is not certain that nothing does: two units like the others' are added to each.
    variance: (n * variance + 2 * pooled) / (n + 2),
    belief: isRate
      ? { kind: 'rate', n: units, hits: units * mean }
      : { kind: 'mean', value: mean, standardError: Math.sqrt(Math.max(squaredError, leastError(pooled, n, units))) },
  }))
}
