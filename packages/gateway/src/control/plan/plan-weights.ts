import type { CatalogState, ContractState } from '../../kernel/catalog.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { contractName, holdersOf, weightsOf } from '../catalog/held-traffic.ts'
import { compareVersions } from '../manifest/names.ts'
import type { DraftContract } from './plan-contract.ts'

type Experiments = NonNullable<CatalogState['experiments']>

/** The weights that each contract is to have: those of the experiment that holds them, else what the manifest says. */
export function plannedWeights(experiments: Experiments): (draft: DraftContract) => ContractState['weights'] {
  const holders = holdersOf({ experiments })
  return (draft) => {
    const holder = holders.get(contractName(draft.model, draft.major))
    return holder ? weightsOf(holder.experiment) : declaredWeights(draft, outdone(draft, experiments))
  }
}

/**
 * Only weights above 0. Without any declared, everything goes to the highest live version, those aside that an experiment is to try or has
 * found no better: else the next `apply` would give all traffic to a version that was rolled back.
 */
export function declaredWeights(
  { contract, versions }: DraftContract,
  outdone: ReadonlySet<string>,
): ContractState['weights'] {
  const live = versions.filter(({ retired }) => !retired).map(({ id }) => id)
  const standing = live.filter((id) => !outdone.has(id))
  const highest = (standing.length > 0 ? standing : live).toSorted(compareVersions).at(-1)
  const weights = contract.traffic?.weights ?? (highest === undefined ? {} : { [highest]: 1 })
  const used = Object.entries(weights).filter(([, weight]) => weight > 0)
  return Object.fromEntries(used.sort(([a], [b]) => compareVersions(a, b)))
}

/** The arms of a contract's experiments that are not the best of theirs; of several that have the same arm the latest counts. */
export function outdone({ model, major }: DraftContract, experiments: Experiments): ReadonlySet<string> {
  const mine = Object.values(experiments).filter((one) => one.model === model && one.major === major)
  const lost = new Set<string>()
  for (const experiment of mine.toSorted(byAge)) {
    const { control, candidates, progress } = experiment
    const best = progress.winner ?? control
    for (const arm of [control, ...candidates]) {
      if (arm === best) lost.delete(arm)
      else lost.add(arm)
    }
  }
  return lost
}

function byAge(a: ExperimentState, b: ExperimentState): number {
  return a.progress.since - b.progress.since
}
