import type { CategorySketch } from './category-sketch.ts'
import type { LogBuckets } from './log-buckets.ts'
import type { NumberSketch } from './number-sketch.ts'

/**
 * Sketches back from their JSON. What a store gives back is checked once here, so that a damaged row is an error that names
 * its field and not a wrong decision.
 */
export function parseNumberSketch(json: unknown): NumberSketch {
  const fields = objectOf(json, 'sketch')
  if (fields.kind !== 'numbers') throw new TypeError('sketch.kind must be "numbers"')
  const bucketsMax = whole(fields.bucketsMax, 'bucketsMax')
  return {
    kind: 'numbers',
    relativeError: finite(fields.relativeError, 'relativeError'),
    bucketsMax,
    above: bucketsOf(fields.above, bucketsMax, 'above'),
    below: bucketsOf(fields.below, bucketsMax, 'below'),
    zeros: whole(fields.zeros, 'zeros'),
    missing: whole(fields.missing, 'missing'),
    count: whole(fields.count, 'count'),
    mean: finite(fields.mean, 'mean'),
    squares: finite(fields.squares, 'squares'),
    min: finite(fields.min, 'min'),
    max: finite(fields.max, 'max'),
  }
}

export function parseCategorySketch(json: unknown): CategorySketch {
  const fields = objectOf(json, 'sketch')
  if (fields.kind !== 'categories') throw new TypeError('sketch.kind must be "categories"')
  const categoriesMax = whole(fields.categoriesMax, 'categoriesMax')
  const names = listOf(fields.names, 'names').map((name, at) => {
    if (typeof name !== 'string') throw new TypeError(`sketch.names[${at}] must be a string`)
    return name
  })
  const hashes = listOf(fields.hashes, 'hashes').map((hash, at) => whole(hash, `hashes[${at}]`))
  const counts = listOf(fields.counts, 'counts').map((count, at) => whole(count, `counts[${at}]`))
  if (names.length !== counts.length || names.length !== hashes.length || names.length > categoriesMax) {
    throw new TypeError('sketch.names, hashes and counts must be equally long, and at most categoriesMax')
  }
  return { kind: 'categories', categoriesMax, names, hashes, counts, other: whole(fields.other, 'other') }
}

function bucketsOf(json: unknown, bucketsMax: number, path: string): LogBuckets {
  const fields = objectOf(json, path)
  const indices = listOf(fields.indices, `${path}.indices`).map((index, at) => {
    const checked = finite(index, `${path}.indices[${at}]`)
    if (!Number.isInteger(checked)) throw new TypeError(`sketch.${path}.indices[${at}] must be an integer`)
    return checked
  })
  const counts = listOf(fields.counts, `${path}.counts`).map((count, at) => whole(count, `${path}.counts[${at}]`))
  const ascending = indices.every((index, at) => at === 0 || index > (indices[at - 1] ?? 0))
  if (!ascending || indices.length !== counts.length || indices.length > bucketsMax) {
    throw new TypeError(`sketch.${path} must be ascending indices with a count each, and at most bucketsMax`)
  }
  return { indices, counts, collapsed: fields.collapsed === true }
}

function objectOf(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError(`${path} must be an object`)
  return { ...json }
}

function listOf(json: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(json)) throw new TypeError(`sketch.${path} must be a list`)
  return json
}

function finite(json: unknown, path: string): number {
  if (typeof json !== 'number' || !Number.isFinite(json)) throw new TypeError(`sketch.${path} must be a finite number`)
  return json
}

function whole(json: unknown, path: string): number {
  if (typeof json !== 'number' || !Number.isInteger(json) || json < 0) {
    throw new TypeError(`sketch.${path} must be a whole number that is not negative`)
  }
  return json
}
