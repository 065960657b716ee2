import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { holdersOf, weightsOf } from '../catalog/held-traffic.ts'
import { compareVersions } from '../manifest/names.ts'
import { outcomeOf, pastOutcomes } from './past-experiment.ts'
import type { DraftContract } from './plan-contract.ts'

type Experiments = NonNullable<CatalogState['experiments']>

/** What is known of experiments: those of the catalog, and what is kept for ever of others. */
export interface Known {
  readonly experiments: Experiments
  readonly digests: Readonly<Record<string, string>>
}

/** The weights that each contract is to have: those of the experiment that holds them, else what the manifest says. */
export function plannedWeights(known: Known): (draft: DraftContract) => ContractState['weights'] {
  const holders = holdersOf(known)
  return (draft) => {
    const holder = holders.get(contractName(draft.model, draft.major))
    return holder ? weightsOf(holder.experiment) : declaredWeights(draft, outdone(draft, known))
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
export function outdone(draft: DraftContract, { experiments, digests }: Known): ReadonlySet<string> {
  const contract = contractName(draft.model, draft.major)
  const mine = Object.values(experiments).filter(({ model, major }) => contractName(model, major) === contract)
  const begun = mine.filter(({ progress }) => progress.status !== 'draft').map(outcomeOf)
  const past = pastOutcomes(digests).filter((one) => one.contract === contract)
  const lost = new Set<string>()
  for (const outcome of [...past, ...begun].toSorted((a, b) => a.since - b.since)) {
    for (const arm of outcome.lost) lost.add(arm)
    lost.delete(outcome.best)
  }
  for (const experiment of mine) for (const arm of waiting(draft, experiment)) lost.add(arm)
  return lost
}

/**
 * Versions that a draft of the manifest is to try get nothing before it starts. A draft changes nothing, though: where they serve alone
 * already they go on, and one that was made by the platform API says nothing to who applies a file.
 */
function waiting({ known }: DraftContract, { origin, candidates, progress }: ExperimentState): readonly string[] {
  if (progress.status !== 'draft' || origin === 'api') return []
  const serving = Object.keys(known?.weights ?? {})
  const alone = serving.length > 0 && serving.every((id) => candidates.includes(id))
  return alone ? [] : candidates
}
