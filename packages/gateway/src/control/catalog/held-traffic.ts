import type { CatalogState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { type ExperimentState, type ExperimentStatus, holdsTraffic } from '../../kernel/experiment.ts'

/** An experiment that owns the weights of a contract. */
export interface Holder {
  readonly name: string
  readonly experiment: ExperimentState
}

/** Whether nothing can become of it any more. */
export function isOver(status: ExperimentStatus): boolean {
  return status !== 'draft' && !holdsTraffic.has(status)
}

/** Who owns the weights of which contract, by `contractName`: at most one each. */
export function holdersOf({ experiments = {} }: Pick<CatalogState, 'experiments'>): ReadonlyMap<string, Holder> {
  const held = Object.entries(experiments).filter(([, { progress }]) => holdsTraffic.has(progress.status))
  return new Map(
    held.map(([name, experiment]) => [contractName(experiment.model, experiment.major), { name, experiment }]),
  )
}

/** How it splits the units that are enrolled at present: parts that add up to 1. */
export function enrolledShares({ shares, progress }: ExperimentState): Readonly<Record<string, number>> {
  return progress.epochs.at(-1)?.shares ?? normalised(shares)
}

export function normalised(parts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, part / total]))
}

/** The share of all units that is enrolled at present. */
export function coverageOf({ ramp, progress }: ExperimentState): number {
  return ramp[progress.step]?.coverage ?? 1
}

/** What of the units that were enrolled at first still is: who fell to an arm that has left takes part no more. */
export function stayingShare(experiment: ExperimentState): number {
  if (experiment.allocation) return 1
  const first = firstShares(experiment)
  return Object.keys(enrolledShares(experiment)).reduce((sum, arm) => sum + (first[arm] ?? 0), 0)
}

/** How [0, 1) is cut for good, so that no unit moves to another arm when one leaves. */
export function firstShares({ shares, progress }: ExperimentState): Readonly<Record<string, number>> {
  return progress.epochs[0]?.shares ?? normalised(shares)
}

/** What each arm gets of all the contract's calls, those that are not enrolled included, in percent. */
export function weightsOf(experiment: ExperimentState): Readonly<Record<string, number>> {
  const coverage = coverageOf(experiment) * stayingShare(experiment)
  const candidates = Object.entries(enrolledShares(experiment))
    .filter(([id]) => id !== experiment.control)
    .map(([id, share]) => [id, percent(coverage * share)] as const)
  const theirs = candidates.reduce((sum, [, weight]) => sum + weight, 0)
  return Object.fromEntries([[experiment.control, percent(1 - theirs / 100)] as const, ...candidates])
}

/** Rounded, as 100 * 0.07 is 7.000000000000001; far finer than any share that is declared. */
function percent(share: number): number {
  return Number((100 * share).toPrecision(9))
}
