import { type CategorySketch, categoryTotal, isAfter, lastOf } from '../sketches/category-sketch.ts'
import type { NumberSketch } from '../sketches/number-sketch.ts'
import { stepsOf } from '../sketches/steps.ts'

/** Counts of the same categories (or bins) in the reference and in the current window, place by place. */
export interface PairedCounts {
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

/** What one side had to count as "other" is counted so on both, and is the last pair (see `CategorySketch`). */
export function pairCategories(reference: CategorySketch, current: CategorySketch): PairedCounts {
  const full = [reference, current].filter((sketch) => sketch.other > 0).map(lastOf)
  const kept = (sketch: CategorySketch) =>
    sketch.names.flatMap((name, at): [string, number][] => {
      const hash = sketch.hashes[at] ?? 0
      return full.some((last) => isAfter(hash, name, last)) ? [] : [[name, sketch.counts[at] ?? 0]]
    })
  const paired = pairMaps(new Map(kept(reference)), new Map(kept(current)))
  const rest = (sketch: CategorySketch, counts: readonly number[]) => categoryTotal(sketch) - total(counts)
  const others = [rest(reference, paired.reference), rest(current, paired.current)] as const
  if (full.length === 0) return paired
  return { reference: [...paired.reference, others[0]], current: [...paired.current, others[1]] }
}

/** Every filled bucket of either sketch is a category: for numbers of few distinct values. */
export function pairBuckets(reference: NumberSketch, current: NumberSketch): PairedCounts {
  const counts = (sketch: NumberSketch) => new Map(stepsOf(sketch).map(({ value, count }) => [value, count]))
  return pairMaps(counts(reference), counts(current))
}

/**
 * Bins that each hold about the same share of the reference (for `bins` = 10: deciles), cut at bounds of buckets so that the
 * counts are exact; the usual bins of PSI. A bucket with more than its share is a bin of its own. What the reference never saw
 * belongs to the bin around it, or to the nearest.
 */
export function pairBins(reference: NumberSketch, current: NumberSketch, bins = 10): PairedCounts {
  const perBin = reference.count / bins
  const closed: [number, number][] = []
  let open: [number, number] = [0, 0]
  const close = () => {
    if (open[0] + open[1] > 0) closed.push(open)
    open = [0, 0]
  }
  for (const [, inReference, inCurrent] of mergeSorted(stepsOf(reference), stepsOf(current))) {
    const alone = inReference > perBin
    if (alone || (open[0] > 0 && open[0] + inReference > perBin)) close()
    open = [open[0] + inReference, open[1] + inCurrent]
    if (alone) close()
  }
  close()
  return { reference: closed.map(([count]) => count), current: closed.map(([, count]) => count) }
}

/** [value, count in the first, count in the second]. */
export type PairedValue = readonly [number, number, number]

interface CountedValue {
  readonly value: number
  readonly count: number
}

export function mergeSorted(a: readonly CountedValue[], b: readonly CountedValue[]): readonly PairedValue[] {
  const merged: PairedValue[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const left = a[i]?.value ?? Number.POSITIVE_INFINITY
    const right = b[j]?.value ?? Number.POSITIVE_INFINITY
    const inA = left <= right ? (a[i++]?.count ?? 0) : 0
    const inB = right <= left ? (b[j++]?.count ?? 0) : 0
    merged.push([Math.min(left, right), inA, inB])
  }
  return merged
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function pairMaps<K>(reference: ReadonlyMap<K, number>, current: ReadonlyMap<K, number>): PairedCounts {
  const keys = [...new Set([...reference.keys(), ...current.keys()])]
  return {
    reference: keys.map((key) => reference.get(key) ?? 0),
    current: keys.map((key) => current.get(key) ?? 0),
  }
}
