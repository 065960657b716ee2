import type { Estimate, EstimatePair } from './intervals/estimate.ts'

/** An arm over all epochs: its weighted estimate and the squared standard error of that. */
export interface CombinedArm {
  readonly value: number
  readonly squaredError: number
  readonly units: number
}

export interface Combined {
  readonly control: CombinedArm
  readonly candidate: CombinedArm
  /** Units in both arms. */
  readonly units: number
  /** The least number of units of an arm. */
  readonly unitsOfSmallerArm: number
  /** What the sequence takes as n: 4 x the sum of the weights, which is `units` for equal arms and less for unequal ones. */
  readonly clock: number
  /** Of the standard error of candidate - control, by Welch and Satterthwaite. */
  readonly degrees: number
}

/**
 * Combines the estimates of epochs with the weights h = nA nB / (nA + nB), those of Cochran, Mantel and Haenszel. Both arms get
 * the *same* weights, so that a drift of the traffic over epochs with different splits can't turn into an effect (Simpson).
 *
 * Which weights keep the sequence valid at any time? Those that don't look at outcomes. With h each unit enters with a weight
 * that its epoch's split had fixed before it came; the sum of h x difference is a martingale under "no effect" and its
 * variance adds up, within epochs and over them. Inverse variances would do the same were they known. Estimated ones depend on the
 * outcomes: an epoch of 20 units without an error has variance 0 and would outweigh all others. h *is* the inverse variance, up to
 * a constant, where units vary alike in both arms; little power is lost. The effect estimated is the average over units.
 *
 * Epochs with fewer than two units in an arm say nothing and are left out (a choice by counts, not by outcomes).
 * Undefined if none is left.
 */
export function combineEpochs(epochs: readonly EstimatePair[]): Combined | undefined {
  const weighted = epochs.filter(isUsable).map((pair) => ({ pair, weight: weightOf(pair) }))
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
  if (!(total > 0)) return undefined
  const arm = (of: (pair: EstimatePair) => Estimate) => {
    let [value, squaredError, forDegrees, units] = [0, 0, 0, 0]
    for (const { pair, weight } of weighted) {
      const { n, value: here, variance } = of(pair)
      const error = ((weight / total) ** 2 * variance) / n
      value += (weight / total) * here
      squaredError += error
      forDegrees += error ** 2 / (n - 1)
      units += n
    }
    return { value, squaredError, forDegrees, units }
  }
  const control = arm((pair) => pair.control)
  const candidate = arm((pair) => pair.candidate)
  const units = control.units + candidate.units
  const squaredError = control.squaredError + candidate.squaredError
  return {
    control: { value: control.value, squaredError: control.squaredError, units: control.units },
    candidate: { value: candidate.value, squaredError: candidate.squaredError, units: candidate.units },
    units,
    unitsOfSmallerArm: Math.min(control.units, candidate.units),
    clock: 4 * total,
    degrees: squaredError > 0 ? squaredError ** 2 / (control.forDegrees + candidate.forDegrees) : units - 2,
  }
}

const isUsable = ({ control, candidate }: EstimatePair): boolean =>
  [control, candidate].every(({ n, value, variance }) => n >= 2 && Number.isFinite(value) && Number.isFinite(variance))

const weightOf = ({ control, candidate }: EstimatePair): number => (control.n * candidate.n) / (control.n + candidate.n)

/**
 * e-values over epochs multiply: each is at most 1 on average under the null given what came before it, so the product is one, too.
 * Of logarithms, the sum.
 */
export const combineLnEValues = (lnEs: readonly number[]): number => lnEs.reduce((sum, lnE) => sum + lnE, 0)
