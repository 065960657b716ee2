import { hellingerDistance, jensenShannonDistance, populationStability } from './category-distances.ts'
import type { DriftSketch } from './drift.ts'
import { kolmogorovSmirnov, pairSketches, spreadOf, wassersteinDistance } from './number-distances.ts'
import { type PairedCounts, pairBins, pairCategories } from './paired-counts.ts'

/** For charts and tables; whether it is drift says `drift`. */
export interface DriftMeasures {
  readonly populationStability: number
  readonly jensenShannon: number
  readonly hellinger: number
  /** Of numbers only. In standard deviations of the reference. */
  readonly wasserstein?: number
  readonly kolmogorovSmirnov?: number
}

/** Numbers are compared by deciles of the reference where bins are needed. Undefined for windows that can't be compared. */
export function driftMeasures(reference: DriftSketch, current: DriftSketch): DriftMeasures | undefined {
  if (reference.kind === 'categories' && current.kind === 'categories') {
    const paired = pairCategories(reference, current)
    return isEmpty(paired) ? undefined : distancesOf(paired)
  }
  if (reference.kind !== 'numbers' || current.kind !== 'numbers') return undefined
  const alike = reference.relativeError === current.relativeError
  if (!alike || reference.count === 0 || current.count === 0) return undefined
  const pairs = pairSketches(reference, current)
  return {
    ...distancesOf(pairBins(reference, current)),
    wasserstein: wassersteinDistance(pairs) / spreadOf(reference, current),
    kolmogorovSmirnov: kolmogorovSmirnov(pairs).statistic,
  }
}

function distancesOf(paired: PairedCounts): DriftMeasures {
  return {
    populationStability: populationStability(paired),
    jensenShannon: jensenShannonDistance(paired),
    hellinger: hellingerDistance(paired),
  }
}

function isEmpty({ reference, current }: PairedCounts): boolean {
  return !reference.some((count) => count > 0) || !current.some((count) => count > 0)
}
