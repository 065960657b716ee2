import { type Comparison, comparisonOf, comparisonOfRates, seenIn } from '../intervals/comparison.ts'
import { isShownBeyond, lnEAgainst, type SequenceOptions } from '../intervals/contrast.ts'
import { cellsOf } from '../intervals/counted.ts'
import { cupedEstimates, meanEstimate, ratioEstimate } from '../intervals/estimate.ts'
import { lnEOfQuantiles } from '../intervals/quantile-arms.ts'
import { addPair, emptyPairs } from '../moments.ts'
import { sampleRatioCheck } from '../sample-ratio.ts'
import type { PeekedRun } from './peeking.ts'
import { normalDraw, type Random } from './random.ts'

// The experiments that are peeked at: one factory per kind of metric, each concluding by the functions that the analysis uses.

type Draw = (random: Random, candidate: boolean) => number

/** Means of any draw; `effect` is the true difference of the means. */
export const peekMeans =
  (draw: Draw, effect: number, options: SequenceOptions) =>
  (random: Random): PeekedRun => {
    const arms = [emptySums(), emptySums()] as const
    return {
      add: () => {
        const candidate = random() < 0.5
        addTo(arms[candidate ? 1 : 0], draw(random, candidate))
      },
      look: () => conclude(comparisonOf([{ control: meanOf(arms[0]), candidate: meanOf(arms[1]) }]), effect, options),
    }
  }

/** A guardrail with a relative margin: the candidate's values are `factor` x those of the control's distribution. */
export const peekRelativeHarm =
  (draw: (random: Random) => number, factor: number, margin: number, options: SequenceOptions) =>
  (random: Random): PeekedRun => {
    const arms = [emptySums(), emptySums()] as const
    return {
      add: () => {
        const candidate = random() < 0.5
        addTo(arms[candidate ? 1 : 0], draw(random) * (candidate ? factor : 1))
      },
      look: () => {
        const comparison = comparisonOf([{ control: meanOf(arms[0]), candidate: meanOf(arms[1]) }])
        const isBeyond = (limit: number) => isShownBeyond(comparison, { factor: limit, plus: 0 }, 1, options)
        return { rejects: isBeyond(1 + margin), covers: !isBeyond(factor) }
      },
    }
  }

/** Units with two values: a covariate (CUPED), or a numerator and its denominator. */
export const peekPairs =
  (
    kind: 'cuped' | 'ratio',
    draw: (random: Random, candidate: boolean) => readonly [number, number],
    truth: number,
    options: SequenceOptions,
  ) =>
  (random: Random): PeekedRun => {
    const arms = [emptyPairs, emptyPairs]
    return {
      add: () => {
        const at = random() < 0.5 ? 1 : 0
        const [y, x] = draw(random, at === 1)
        arms[at] = addPair(arms[at] ?? emptyPairs, y, x)
      },
      look: () => {
        const [control = emptyPairs, candidate = emptyPairs] = arms
        const pair =
          kind === 'cuped'
            ? cupedEstimates(control, candidate)
            : { control: ratioEstimate(control), candidate: ratioEstimate(candidate) }
        return conclude(comparisonOf([pair]), truth, options)
      },
    }
  }

interface RateArm {
  n: number
  hits: number
}

const rateArms = (): readonly [RateArm, RateArm] => [
  { n: 0, hits: 0 },
  { n: 0, hits: 0 },
]

const pairOf = ([control, candidate]: readonly [RateArm, RateArm]) => ({ control, candidate })

function addUnit(arms: readonly [RateArm, RateArm], rates: readonly [number, number], share: number, random: Random) {
  const second = random() < share
  const arm = arms[second ? 1 : 0]
  arm.n++
  if (random() < rates[second ? 1 : 0]) arm.hits++
}

/** Rates of 0/1 per unit. */
export const peekRates =
  (control: number, candidate: number, options: SequenceOptions) =>
  (random: Random): PeekedRun => {
    const arms = rateArms()
    return {
      add: () => addUnit(arms, [control, candidate], 0.5, random),
      look: () => conclude(comparisonOfRates([pairOf(arms)]), candidate - control, options),
    }
  }

export interface RampStep {
  readonly units: number
  readonly candidateShare: number
  readonly rate: number
}

/** An A/A test whose weights move while its traffic gets better (or worse): each step is an epoch. */
export const peekRamp =
  (steps: readonly RampStep[], options: SequenceOptions) =>
  (random: Random): PeekedRun => {
    const epochs = steps.map((step) => ({ step, arms: rateArms() }))
    let [at, inStep] = [0, 0]
    return {
      add: () => {
        if (inStep >= (epochs[at]?.step.units ?? 0) && at < epochs.length - 1) [at, inStep] = [at + 1, 0]
        const epoch = epochs[at]
        if (epoch === undefined) return
        inStep++
        addUnit(epoch.arms, [epoch.step.rate, epoch.step.rate], epoch.step.candidateShare, random)
      },
      look: () => conclude(comparisonOfRates(epochs.map(({ arms }) => pairOf(arms))), 0, options),
    }
  }

export interface HarmOptions extends SequenceOptions {
  readonly margin: number
  readonly candidateShare: number
  /** Of the smaller arm. */
  readonly minimalUnits: number
}

/** A rate guardrail: rejects where the candidate is shown worse by more than the margin (one-sided). */
export const peekHarm =
  (control: number, candidate: number, options: HarmOptions) =>
  (random: Random): PeekedRun => {
    const arms = rateArms()
    return {
      add: () => addUnit(arms, [control, candidate], options.candidateShare, random),
      look: () => {
        const comparison = comparisonOfRates([pairOf(arms)])
        const isHarmful = (margin: number) => isShownBeyond(comparison, { factor: 1, plus: margin }, 1, options)
        if ((seenIn(comparison)?.unitsOfSmallerArm ?? 0) < options.minimalUnits) return { rejects: false, covers: true }
        return { rejects: isHarmful(options.margin), covers: !isHarmful(candidate - control) }
      },
    }
  }

export interface LatencyOptions {
  readonly p: number
  readonly alpha: number
  readonly expectedValues: number
  /** The true candidate / control. */
  readonly factor: number
  /** Relative width of the histogram's buckets, e.g. 0.02. */
  readonly width: number
}

/** A latency quantile of log-normal latencies (median 100, sigma 0.6), counted in a log-spaced histogram. */
export const peekLatency =
  ({ p, alpha, expectedValues, factor, width }: LatencyOptions) =>
  (random: Random): PeekedRun => {
    const edges = [
      0,
      ...Array.from({ length: Math.ceil(8 / Math.log1p(width)) }, (_, i) => (1 + width) ** i),
      Number.POSITIVE_INFINITY,
    ]
    const counts = [edges.slice(1).map(() => 0), edges.slice(1).map(() => 0)] as const
    const cells = (arm: number[]) => cellsOf({ kind: 'buckets', edges, counts: arm })
    return {
      add: () => {
        const second = random() < 0.5
        const arm = counts[second ? 1 : 0]
        const value = 100 * Math.exp(0.6 * normalDraw(random)) * (second ? factor : 1)
        const at = Math.min(arm.length - 1, Math.max(0, Math.ceil(Math.log(value) / Math.log1p(width))))
        arm[at] = (arm[at] ?? 0) + 1
      },
      look: () => {
        const [a, b] = [cells(counts[0]), cells(counts[1])]
        const limit = -Math.log(alpha)
        const rejects = lnEOfQuantiles(a, b, p, expectedValues) >= limit
        if (factor === 1) return { rejects, covers: !rejects }
        return { rejects, covers: lnEOfQuantiles(a, b, p, expectedValues, { factor, plus: 0 }) < limit }
      },
    }
  }

/** The sample-ratio check at p < alpha; `actual` is the true share of the second of two arms declared at `declared`. */
export const peekSampleRatio =
  (declared: number, actual: number, alpha: number) =>
  (random: Random): PeekedRun => {
    const counts: [number, number] = [0, 0]
    return {
      add: () => {
        counts[random() < actual ? 1 : 0]++
      },
      look: () => {
        const { p } = sampleRatioCheck([{ counts, shares: [1 - declared, declared] }])
        return { rejects: p < alpha, covers: p >= alpha }
      },
    }
  }

/** Whether 0 and the truth are in the interval of the difference; asked of the e-values, which is the same and quicker. */
function conclude(comparison: Comparison, truth: number, options: SequenceOptions) {
  const refuses = (plus: number) => lnEAgainst(comparison, options, { factor: 1, plus }) >= -Math.log(options.alpha)
  return { rejects: refuses(0), covers: !refuses(truth) }
}

interface Sums {
  n: number
  sum: number
  squares: number
}

const emptySums = (): Sums => ({ n: 0, sum: 0, squares: 0 })

function addTo(sums: Sums, value: number): void {
  sums.n++
  sums.sum += value
  sums.squares += value * value
}

/** Plain sums do here: the simulated values are of the size of 1. */
const meanOf = ({ n, sum, squares }: Sums) =>
  meanEstimate({ n, mean: n === 0 ? 0 : sum / n, m2: Math.max(0, squares - (n === 0 ? 0 : (sum * sum) / n)) })
