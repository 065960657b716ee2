import {
  addNumber,
  type CountedValues,
  countedValues,
  emptyNumberSketch,
  type NumberSketch,
  numberSketchOf,
} from '@astraapi/statistics'

/**
 * Values of calls as counts per bucket of a number sketch, so that quantiles have the exact counts which their intervals need, and the
 * arms share their edges. Zeros have a bucket of their own.
 */
export interface BucketCount {
  readonly bucket: number
  readonly n: number
}

const zeros = -1_000_000

/** Of values that are no less than 0; others, which no Record should have, are passed over. */
export class ValueBuckets {
  readonly #sketch: NumberSketch = emptyNumberSketch()

  add(value: number): void {
    if (value >= 0) addNumber(this.#sketch, value)
  }

  counts(): readonly BucketCount[] {
    const { above, zeros: none } = this.#sketch
    const counts = above.indices.map((bucket, at) => ({ bucket, n: above.counts[at] ?? 0 }))
    return none > 0 ? [...counts, { bucket: zeros, n: none }] : counts
  }
}

/** The bucket of one value; undefined where it has none. */
export function bucketOfValue(value: number): number | undefined {
  if (!(value >= 0)) return undefined
  const { above, missing } = numberSketchOf([value])
  return missing > 0 ? undefined : (above.indices[0] ?? zeros)
}

/** `counts` in ascending order of their buckets. */
export function countedOf(counts: readonly BucketCount[]): CountedValues {
  const sketch = emptyNumberSketch()
  for (const { bucket, n } of counts) {
    if (n <= 0) continue
    if (bucket === zeros) sketch.zeros += n
    else {
      sketch.above.indices.push(bucket)
      sketch.above.counts.push(n)
    }
  }
  return countedValues(sketch)
}
