import type { CountedValues } from '../evidence.ts'
import type { NumberSketch } from './number-sketch.ts'
import { type Step, stepsOf } from './steps.ts'

/** The exact count lies in [least, most]. */
export interface CountBounds {
  readonly least: number
  readonly most: number
}

/** How many numbers are <= x. Exact where x is the upper bound of a positive bucket, at zero, and outside [min, max). */
export function countAtMost(sketch: NumberSketch, x: number): CountBounds {
  if (x >= sketch.max) return { least: sketch.count, most: sketch.count }
  if (x < sketch.min) return { least: 0, most: 0 }
  return tally(
    sketch,
    (step) => step.upper <= x,
    (step) => (step.value > 0 ? step.lower < x : step.lower <= x),
  )
}

/** How many numbers are < x. */
export function countBelow(sketch: NumberSketch, x: number): CountBounds {
  if (x > sketch.max) return { least: sketch.count, most: sketch.count }
  if (x <= sketch.min) return { least: 0, most: 0 }
  return tally(
    sketch,
    (step) => (step.value < 0 ? step.upper <= x : step.upper < x),
    (step) => step.lower < x,
  )
}

function tally(sketch: NumberSketch, surely: (step: Step) => boolean, maybe: (step: Step) => boolean): CountBounds {
  let least = 0
  let most = 0
  for (const step of stepsOf(sketch)) {
    if (surely(step)) least += step.count
    if (maybe(step)) most += step.count
  }
  return { least, most }
}

/**
 * The exact counts that a quantile's confidence sequence needs, of a sketch without negative numbers (latencies): `counts[i]`
 * numbers lie in (edges[i], edges[i + 1]], gaps between buckets included, zeros in (-Infinity, 0]. Sketches of one relative
 * error share their grid of bounds, so that at every edge of either sketch the counts of both are exact. After a collapse the
 * first bucket starts at 0.
 */
export function countedValues(sketch: NumberSketch): CountedValues & { kind: 'buckets' } {
  if (sketch.min < 0) throw new RangeError('countedValues is for sketches without negative numbers')
  const edges: number[] = []
  const counts: number[] = []
  for (const { lower, upper, value, count } of stepsOf(sketch)) {
    const from = value === 0 ? Number.NEGATIVE_INFINITY : lower
    const last = edges.at(-1)
    if (last === undefined) edges.push(from)
    else if (from > last) {
      edges.push(from)
      counts.push(0)
    }
    edges.push(upper)
    counts.push(count)
  }
  return { kind: 'buckets', edges, counts }
}
