import { addToBucket, bucketOf, emptyBuckets, type LogBuckets, logGammaOf, mergeBuckets } from './log-buckets.ts'

/**
 * The distribution of any real numbers (latencies, costs, text lengths, scores, features) in bounded space: a DDSketch for the
 * positive ones, one for the magnitudes of the negative ones, the zeros, and exact moments. It is plain data: its JSON is
 * itself, read back by `parseNumberSketch`. Counts and extremes do not depend on the order of adding and merging; the moments
 * do in their last digits only.
 */
export interface NumberSketch {
  readonly kind: 'numbers'
  /** In (0, 0.5]: a quantile read from the sketch is at most this share away from the exact one. */
  readonly relativeError: number
  /** Per sign. Beyond it the numbers nearest to zero lose their accuracy. */
  readonly bucketsMax: number
  readonly above: LogBuckets
  readonly below: LogBuckets
  zeros: number
  /** NaN and the infinities: counted here and nowhere else. */
  missing: number
  count: number
  mean: number
  /** Sum of squared distances from the mean (Welford; merged by Chan, Golub, LeVeque 1983). */
  squares: number
  /** Both 0 while nothing was counted. */
  min: number
  max: number
}

export interface NumberSketchOptions {
  /** Default 0.01. */
  readonly relativeError?: number
  /** Default 2048: at 1 % it covers 17 decades without a gap, from 0.01 ms to far beyond any latency. */
  readonly bucketsMax?: number
}

/** Magnitudes outside are counted as zero and as the largest: squares stay finite, which JSON needs. */
const smallest = 1e-100
const largest = 1e100

export function emptyNumberSketch({ relativeError = 0.01, bucketsMax = 2048 }: NumberSketchOptions = {}): NumberSketch {
  if (!(relativeError > 0 && relativeError <= 0.5)) throw new RangeError('relativeError must lie in (0, 0.5]')
  if (!(Number.isInteger(bucketsMax) && bucketsMax >= 1)) throw new RangeError('bucketsMax must be a positive integer')
  const moments = { count: 0, mean: 0, squares: 0, min: 0, max: 0 }
  const counts = { above: emptyBuckets(), below: emptyBuckets(), zeros: 0, missing: 0 }
  return { kind: 'numbers', relativeError, bucketsMax, ...counts, ...moments }
}

export function numberSketchOf(values: Iterable<number>, options?: NumberSketchOptions): NumberSketch {
  const sketch = emptyNumberSketch(options)
  for (const value of values) addNumber(sketch, value)
  return sketch
}

/** Changes the sketch in place: this stands on the path of a call. */
export function addNumber(sketch: NumberSketch, value: number): void {
  if (!Number.isFinite(value)) {
    sketch.missing++
    return
  }
  const magnitude = Math.min(Math.abs(value), largest)
  const kept = magnitude < smallest ? 0 : value < 0 ? -magnitude : magnitude
  addMoments(sketch, { count: 1, mean: kept, squares: 0, min: kept, max: kept })
  if (kept === 0) {
    sketch.zeros++
    return
  }
  const side = kept > 0 ? sketch.above : sketch.below
  addToBucket(side, bucketOf(magnitude, logGammaOf(sketch.relativeError)), 1, sketch.bucketsMax)
}

/** A new sketch, as if all had been added to one. Both must have been made with the same options. */
export function mergeNumberSketches(a: NumberSketch, b: NumberSketch): NumberSketch {
  const merged = structuredClone(a)
  addNumbers(merged, b)
  return merged
}

/** The same into the first, in place: for who merges many. */
export function addNumbers(into: NumberSketch, from: NumberSketch): void {
  const { relativeError, bucketsMax } = into
  if (relativeError !== from.relativeError || bucketsMax !== from.bucketsMax) {
    throw new RangeError('number sketches merge only if made with the same relativeError and bucketsMax')
  }
  mergeBuckets(into.above, from.above, bucketsMax)
  mergeBuckets(into.below, from.below, bucketsMax)
  into.zeros += from.zeros
  into.missing += from.missing
  addMoments(into, from)
}

/** Population variance, exact but for rounding; 0 while nothing was counted. */
export function varianceOf(sketch: NumberSketch): number {
  return sketch.count === 0 ? 0 : sketch.squares / sketch.count
}

export function sumOf(sketch: NumberSketch): number {
  return sketch.mean * sketch.count
}

type Moments = Pick<NumberSketch, 'count' | 'mean' | 'squares' | 'min' | 'max'>

function addMoments(into: NumberSketch, from: Moments): void {
  if (from.count === 0) return
  const count = into.count + from.count
  const gap = from.mean - into.mean
  into.min = into.count === 0 ? from.min : Math.min(into.min, from.min)
  into.max = into.count === 0 ? from.max : Math.max(into.max, from.max)
  into.squares += from.squares + (gap * gap * into.count * from.count) / count
  into.mean += (gap * from.count) / count
  into.count = count
}
