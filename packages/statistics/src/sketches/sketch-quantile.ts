import type { NumberSketch } from './number-sketch.ts'
import { stepsOf } from './steps.ts'

/**
 * The nearest-rank quantile (the ceil(q n)-th smallest number), q in [0, 1], within the sketch's relative error of the exact
 * one; 0 when nothing was counted. The least and the largest number are exact.
 */
export function sketchQuantile(sketch: NumberSketch, quantile: number): number {
  if (!(quantile >= 0 && quantile <= 1)) throw new RangeError('a quantile must lie in [0, 1]')
  const rank = Math.max(1, Math.ceil(quantile * sketch.count))
  if (rank === 1) return sketch.min
  if (rank >= sketch.count) return sketch.max
  let seen = 0
  for (const { value, count } of stepsOf(sketch)) {
    seen += count
    if (seen >= rank) return Math.min(Math.max(value, sketch.min), sketch.max)
  }
  return sketch.max
}
