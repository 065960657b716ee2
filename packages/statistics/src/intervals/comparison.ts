import { type Combined, combineEpochs } from '../epochs.ts'
import type { RateCounts } from '../evidence.ts'
import type { EstimatePair } from './estimate.ts'
import { type Hypothesis, noDifference, ratesUnder } from './rate-hypothesis.ts'

/**
 * Two arms over all epochs, ready to be held against hypotheses. Of means and ratios the errors are those of the samples, of rates they
 * depend on the hypothesis. Undefined where no values obey it, or where there is too little to say anything.
 */
export interface Comparison {
  readonly under: (hypothesis: Hypothesis) => Combined | undefined
  /** Whether `under` is the same for all hypotheses, so that intervals have a closed form. */
  readonly fixed: boolean
}

export function comparisonOf(epochs: readonly EstimatePair[]): Comparison {
  const combined = combineEpochs(epochs)
  return { fixed: true, under: () => combined }
}

export interface RatePair {
  readonly control: RateCounts
  readonly candidate: RateCounts
}

export function comparisonOfRates(epochs: readonly RatePair[]): Comparison {
  const usable = epochs.filter(({ control, candidate }) => control.n >= 2 && candidate.n >= 2)
  const under = (hypothesis: Hypothesis) => {
    const pairs = usable.map(({ control, candidate }) => ratesUnder(control, candidate, hypothesis))
    const possible = pairs.filter((pair) => pair !== undefined)
    return possible.length < pairs.length ? undefined : combineEpochs(possible)
  }
  return { fixed: false, under }
}

/** The arms as they are, for their values and counts. */
export const seenIn = (comparison: Comparison): Combined | undefined => comparison.under(noDifference)
