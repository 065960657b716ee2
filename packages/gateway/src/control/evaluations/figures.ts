import {
  addValue,
  bernoulliInterval,
  comparisonOf,
  differenceInterval,
  emptyMoments,
  type Moments,
  meanEstimate,
  quantileInterval,
} from '@astraapi/statistics'
import {
  type EvaluationDifference,
  type EvaluationFigure,
  type EvaluationMeasure,
  evaluationMeasures,
} from '../../kernel/evaluation.ts'

// All intervals are confidence sequences: they hold for an evaluation that is looked at while it runs, or ends early, as well.

const alpha = 0.05

/** Exact for any number of cases: the beta-binomial mixture, see `bernoulliInterval`. `expected`: how many there are to be. */
export function shareFigure(hits: number, n: number, expected: number): EvaluationFigure {
  return { value: hits / n, n, ...bernoulliInterval(hits, n, { alpha, expectedValues: expected }) }
}

/** The interval is that of Student's mixture, see `differenceInterval`; none where all values are equal, as they then tell no spread. */
export function meanFigure(values: Moments, expected: number): EvaluationFigure {
  const { n, mean } = values
  if (!(values.m2 > 0)) return { value: mean, n }
  return { value: mean, n, ...finite(meanInterval(values, expected)) }
}

/** A mean against 0, which is another arm that is 0 for certain: both arms' units are counted, so that twice as many are expected. */
function meanInterval(values: Moments, expected: number) {
  const zero = { n: values.n, value: 0, variance: 0 }
  const comparison = comparisonOf([{ control: zero, candidate: meanEstimate(values) }])
  return differenceInterval(comparison, { alpha, expectedUnits: 2 * expected })
}

/** By nearest rank, with the exact interval of order statistics (`quantileInterval`). */
export function quantileFigure(sorted: readonly number[], p: number, expected: number): EvaluationFigure {
  const n = sorted.length
  const value = sorted[Math.min(n, Math.max(1, Math.ceil(p * n))) - 1] ?? Number.NaN
  const interval = quantileInterval({ kind: 'values', sorted }, p, { alpha, expectedValues: expected })
  return { value, n, ...finite(interval) }
}

/** Cases that two versions were both asked. */
export interface Pairs {
  /** Only the version was right; only the other was. */
  readonly gained: number
  readonly lost: number
  readonly n: number
}

/** From so many cases in which two versions differ the limit theorem behind Student's mixture holds well enough. */
const differingMin = 30

/**
 * The difference of two shares on the same cases, (gained - lost) / n: the mean of 1 where one gained, -1 where one was lost, and 0. Where
 * few cases differ its interval is exact, if wide: each of both shares lies in its exact interval at half of alpha, so that the
 * difference lies between their ends (Bonferroni).
 */
export function pairedShares({ gained, lost, n }: Pairs, expected: number): EvaluationFigure {
  const mean = (gained - lost) / n
  if (gained + lost >= differingMin) return meanFigure({ n, mean, m2: gained + lost - n * mean * mean }, expected)
  const options = { alpha: alpha / 2, expectedValues: expected }
  const [gains, losses] = [bernoulliInterval(gained, n, options), bernoulliInterval(lost, n, options)]
  return { value: mean, n, lower: gains.lower - losses.upper, upper: gains.upper - losses.lower }
}

/**
 * The mean difference of a measure from 0 to 1 on the same cases; `gained` is in how many the version has more of it. Where few differ it
 * is exact as well: a case counts for at most 1, so that all in which there is more come to at most their share, and to no less than 0.
 */
export function pairedUnits({ gained, lost, n }: Pairs, mean: EvaluationFigure, expected: number): EvaluationFigure {
  if (gained + lost >= differingMin) return mean
  const options = { alpha: alpha / 2, expectedValues: expected }
  const [more, less] = [bernoulliInterval(gained, n, options), bernoulliInterval(lost, n, options)]
  return { value: mean.value, n, lower: -less.upper, upper: more.upper }
}

/** As the table of measures has them. */
export function inOrder<Value>(
  measures: ReadonlyMap<string, Value>,
): Readonly<Partial<Record<EvaluationMeasure, Value>>> {
  return Object.fromEntries(
    Object.keys(evaluationMeasures).flatMap((name) => {
      const value = measures.get(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** With which side of 0 it is shown to be on. */
export function difference(figure: EvaluationFigure, better: 'higher' | 'lower'): EvaluationDifference {
  const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = figure
  if (lower > 0) return { ...figure, shown: better === 'higher' ? 'better' : 'worse' }
  if (upper < 0) return { ...figure, shown: better === 'lower' ? 'better' : 'worse' }
  return figure
}

/** A sum of numbers that keeps what their interval needs. */
export class Mean {
  #values: Moments = emptyMoments

  add(value: number): void {
    if (Number.isFinite(value)) this.#values = addValue(this.#values, value)
  }

  get n(): number {
    return this.#values.n
  }

  get total(): number {
    return this.#values.n * this.#values.mean
  }

  figure(expected: number): EvaluationFigure {
    return meanFigure(this.#values, expected)
  }
}

function finite({ lower, upper }: { readonly lower: number; readonly upper: number }) {
  return { ...(Number.isFinite(lower) ? { lower } : {}), ...(Number.isFinite(upper) ? { upper } : {}) }
}
