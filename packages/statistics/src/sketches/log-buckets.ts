/**
 * Counts of positive numbers in buckets whose bounds grow by one factor: bucket i holds (gamma^(i-1), gamma^i], and one number
 * between the bounds lies within `relativeError` of every number in the bucket when gamma = (1 + e) / (1 - e).
 * Source: DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * PVLDB 12(12), 2019, sections 2.1 to 2.3).
 *
 * Only buckets that hold something are kept, in order, as two parallel lists: that is its JSON too. When there are more than
 * allowed, the lowest is collapsed into the one above it. What stays is "the highest `bucketsMax` buckets ever filled", which
 * does not depend on the order of adding and merging. Buckets are counted, not the range they span, because otherwise a
 * single absurdly large number sent by a caller would collapse everything else.
 */
export interface LogBuckets {
  /** Strictly ascending. */
  readonly indices: number[]
  readonly counts: number[]
  /** The first bucket has taken in lower ones, so that its lower bound is 0. */
  collapsed: boolean
}

export function emptyBuckets(): LogBuckets {
  return { indices: [], counts: [], collapsed: false }
}

/** ln gamma, from the relative error in (0, 1). */
export function logGammaOf(relativeError: number): number {
  return Math.log1p((2 * relativeError) / (1 - relativeError))
}

export function upperBound(index: number, logGamma: number): number {
  return Math.exp(index * logGamma)
}

/** Within the relative error of everything in the bucket. */
export function middleOf(index: number, logGamma: number): number {
  return (2 * upperBound(index, logGamma)) / (1 + Math.exp(logGamma))
}

/** The bucket of a positive number, corrected so that counts are exact at `upperBound` in spite of rounding. */
export function bucketOf(value: number, logGamma: number): number {
  const index = Math.ceil(Math.log(value) / logGamma) + 0 // Turns -0 into 0.
  if (value > upperBound(index, logGamma)) return index + 1
  return value <= upperBound(index - 1, logGamma) ? index - 1 : index
}

export function addToBucket(buckets: LogBuckets, index: number, count: number, bucketsMax: number): void {
  const { indices, counts } = buckets
  const place = positionOf(indices, index)
  // What would have been collapsed had it come earlier is collapsed on arrival.
  if (indices[place] === index || (buckets.collapsed && place === 0)) {
    counts[place] = (counts[place] ?? 0) + count
    return
  }
  indices.splice(place, 0, index)
  counts.splice(place, 0, count)
  if (indices.length > bucketsMax) collapseLowest(buckets)
}

export function mergeBuckets(into: LogBuckets, from: LogBuckets, bucketsMax: number): void {
  // A collapsed first bucket may hold lower numbers: nothing below it may stay apart, or the order of merging would show.
  const floor = Math.max(floorOf(into), floorOf(from))
  if (floor > Number.NEGATIVE_INFINITY) raiseFloor(into, floor, bucketsMax)
  for (const [at, index] of from.indices.entries()) {
    addToBucket(into, Math.max(index, floor), from.counts[at] ?? 0, bucketsMax)
  }
}

function floorOf(buckets: LogBuckets): number {
  return buckets.collapsed ? (buckets.indices[0] ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY
}

function raiseFloor(buckets: LogBuckets, floor: number, bucketsMax: number): void {
  const { indices, counts } = buckets
  const below = positionOf(indices, floor)
  const moved = counts.splice(0, below).reduce((sum, count) => sum + count, 0)
  indices.splice(0, below)
  if (indices[0] === floor) counts[0] = (counts[0] ?? 0) + moved
  else {
    indices.unshift(floor)
    counts.unshift(moved)
  }
  buckets.collapsed = true
  if (indices.length > bucketsMax) collapseLowest(buckets)
}

function collapseLowest(buckets: LogBuckets): void {
  const lowest = buckets.counts.shift() ?? 0
  buckets.indices.shift()
  buckets.counts[0] = (buckets.counts[0] ?? 0) + lowest
  buckets.collapsed = true
}

/** The first place whose index is not below `index`. */
function positionOf(indices: readonly number[], index: number): number {
  let low = 0
  let high = indices.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((indices[middle] ?? 0) < index) low = middle + 1
    else high = middle
  }
  return low
}
