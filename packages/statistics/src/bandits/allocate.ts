import type { Accumulator, Epoch, MetricDefinition } from '../evidence.ts'
import { type Estimate, meanEstimate, ratioEstimate } from '../intervals/estimate.ts'
import { seededRandom } from '../simulation/random.ts'
import { thompsonShares } from './thompson.ts'
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
  metric: Pick<MetricDefinition, 'name' | 'optimise'>,
  { method, least, unitsMin = 20 }: AllocateOptions,
): Readonly<Record<string, number>> | undefined {
  const known = epochs.map(({ arms: evidence }) => arms.map((arm) => estimateOf(evidence[arm]?.metrics[metric.name])))
  const latest = known.at(-1)
  if (!latest?.every((estimate) => estimate !== undefined && estimate.n >= unitsMin)) return undefined
  const seen = combined(known.flatMap((epoch) => (epoch.every(isUsable) ? [epoch] : [])))
  if (seen.every(({ variance }) => !(variance > 0))) return undefined
  const shares = sharesBy[method](seen, metric.optimise, least, epochs.length)
  return Object.fromEntries(arms.map((arm, i) => [arm, shares[i] ?? 0]))
}

interface Seen extends BanditArm {
  readonly standardError: number
}

const sharesBy: Readonly<
  Record<
    AllocationMethod,
    (seen: readonly Seen[], optimise: 'min' | 'max', least: number, seed: number) => readonly number[]
  >
> = {
  thompson: (seen, optimise, floor, seed) => {
    const beliefs = seen.map(({ mean, standardError }) => ({ kind: 'mean', value: mean, standardError }) as const)
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

function estimateOf(found: Accumulator | undefined): Estimate | undefined {
  switch (found?.type) {
    case 'mean':
      return meanEstimate(found.moments)
    case 'ratio':
      return ratioEstimate(found.moments)
    case 'rate': {
      const { n, hits } = found.counts
      return { n, value: hits / n, variance: (hits * (n - hits)) / (n * (n - 1)) }
    }
    default:
      return undefined
  }
}

const isUsable = (estimate: Estimate | undefined): estimate is Estimate =>
  estimate !== undefined && estimate.n >= 2 && Number.isFinite(estimate.value) && Number.isFinite(estimate.variance)

/** All arms over the same epochs with the same weights, so that a drift between epochs is no difference between arms. */
function combined(epochs: readonly (readonly Estimate[])[]): readonly Seen[] {
  const weights = epochs.map((arms) => 1 / arms.reduce((sum, { n }) => sum + 1 / n, 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const arms = (epochs[0] ?? []).map((_, arm) => {
    let [mean, squaredError, n, spread] = [0, 0, 0, 0]
    for (const [i, epoch] of epochs.entries()) {
      const here = epoch[arm]
      const part = (weights[i] ?? 0) / total
      if (!here) continue
      mean += part * here.value
      squaredError += (part ** 2 * here.variance) / here.n
      n += here.n
      spread += here.n * here.variance
    }
    return { n, mean, squaredError, variance: spread / n }
  })
  const pooled = arms.reduce((sum, { variance }) => sum + variance, 0) / Math.max(1, arms.length)
  // Of an arm in which nothing varied yet it is not certain that nothing does: two units like the others' are added to each.
  return arms.map(({ n, mean, squaredError, variance }) => ({
    n,
    mean,
    variance: (n * variance + 2 * pooled) / (n + 2),
    standardError: Math.sqrt(Math.max(squaredError, (2 * pooled) / (n + 2) ** 2)),
  }))
}
