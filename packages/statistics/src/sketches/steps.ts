import { type LogBuckets, logGammaOf, middleOf, upperBound } from './log-buckets.ts'
import type { NumberSketch } from './number-sketch.ts'

/** A filled bucket of a number sketch. Steps of two sketches of one relative error line up: equal `value` means one bucket. */
export interface Step {
  /**
   * Positive buckets hold (lower, upper], negative ones [lower, upper): a bound belongs to the bucket nearer to zero. The
   * step of the zeros has both bounds 0.
   */
  readonly lower: number
  readonly upper: number
  /** Stands for the numbers in it; its sign is the bucket's. */
  readonly value: number
  readonly count: number
}

/** In ascending order. */
export function stepsOf(sketch: NumberSketch): readonly Step[] {
  const logGamma = logGammaOf(sketch.relativeError)
  const below = bucketSteps(sketch.below, logGamma).map(mirrored).reverse()
  const zeros = sketch.zeros === 0 ? [] : [{ lower: 0, upper: 0, value: 0, count: sketch.zeros }]
  return [...below, ...zeros, ...bucketSteps(sketch.above, logGamma)]
}

function bucketSteps(buckets: LogBuckets, logGamma: number): Step[] {
  return buckets.indices.map((index, at) => ({
    lower: buckets.collapsed && at === 0 ? 0 : upperBound(index - 1, logGamma),
    upper: upperBound(index, logGamma),
    value: middleOf(index, logGamma),
    count: buckets.counts[at] ?? 0,
  }))
}

function mirrored({ lower, upper, value, count }: Step): Step {
  return { lower: -upper, upper: -lower, value: -value, count }
}
