/**
 * Counts per category, bounded. Up to `categoriesMax` categories are counted exactly; the rest is counted together as "other".
 * Which ones are kept is decided by a hash of their name (the lowest hashes stay), not by when they came or how often:
 *
 * - The same categories stay whatever the order of adding and merging, so that merging is exact. Space-saving (Metwally 2005)
 *   and first-come caps are neither: a merge of theirs depends on the order.
 * - Two sketches, say of a reference week and of today, keep the same categories below the smaller of their two highest hashes,
 *   and all else falls into "other" on both sides (`pairCategories`). Both are then exact counts of one coarser
 *   classification. Coarsening can only lower PSI, Jensen-Shannon and Hellinger (data processing inequality): a bound never
 *   makes drift out of nothing. Space-saving hands a newcomer the count of what it evicts, which would.
 *
 * The price: with more categories than allowed, a frequent one may vanish in "other". Such a field (an id, free text) is no
 * category anyway; watch its length instead.
 */
export interface CategorySketch {
  readonly kind: 'categories'
  readonly categoriesMax: number
  /** Sorted by hash, then by name; `hashes` and `counts` go along. */
  readonly names: string[]
  readonly hashes: number[]
  readonly counts: number[]
  other: number
}

/** Longer names are cut and marked with their hash, so that a sketch stays small whatever callers send. */
const nameLengthMax = 120

export function emptyCategorySketch(categoriesMax = 1000): CategorySketch {
  if (!(Number.isInteger(categoriesMax) && categoriesMax >= 1)) {
    throw new RangeError('categoriesMax must be a positive integer')
  }
  return { kind: 'categories', categoriesMax, names: [], hashes: [], counts: [], other: 0 }
}

export function categorySketchOf(categories: Iterable<string>, categoriesMax?: number): CategorySketch {
  const sketch = emptyCategorySketch(categoriesMax)
  for (const category of categories) addCategory(sketch, category)
  return sketch
}

/** Changes the sketch in place: this stands on the path of a call. */
export function addCategory(sketch: CategorySketch, category: string): void {
  const name = shortName(category)
  addHashed(sketch, hashOf(name), name, 1)
}

/** A new sketch, as if all had been added to one. Both must have the same `categoriesMax`. */
export function mergeCategorySketches(a: CategorySketch, b: CategorySketch): CategorySketch {
  const merged = structuredClone(a)
  addCategories(merged, b)
  return merged
}

/** The same into the first, in place: for who merges many. */
export function addCategories(into: CategorySketch, from: CategorySketch): void {
  if (into.categoriesMax !== from.categoriesMax) {
    throw new RangeError('category sketches merge only if made with the same categoriesMax')
  }
  const last = into.other > 0 ? lastOf(into) : undefined
  into.other += from.other
  // A name beyond the last one of a full sketch may be among its "other" already: it must not start to be counted apart.
  if (from.other > 0) keepUpTo(into, from)
  for (const [at, name] of from.names.entries()) {
    const hash = from.hashes[at] ?? 0
    const count = from.counts[at] ?? 0
    if (last !== undefined && isAfter(hash, name, last)) into.other += count
    else addHashed(into, hash, name, count)
  }
}

export function categoryTotal(sketch: CategorySketch): number {
  return sketch.counts.reduce((sum, count) => sum + count, sketch.other)
}

function addHashed(sketch: CategorySketch, hash: number, name: string, count: number): void {
  const { names, hashes, counts, categoriesMax } = sketch
  const at = positionOf(sketch, hash, name)
  if (names[at] === name) {
    counts[at] = (counts[at] ?? 0) + count
    return
  }
  if (at >= categoriesMax) {
    sketch.other += count
    return
  }
  names.splice(at, 0, name)
  hashes.splice(at, 0, hash)
  counts.splice(at, 0, count)
  if (names.length > categoriesMax) dropLast(sketch)
}

function keepUpTo(sketch: CategorySketch, bound: CategorySketch): void {
  const last = lastOf(bound)
  while (sketch.names.length > 0 && isAfter(sketch.hashes.at(-1) ?? 0, sketch.names.at(-1) ?? '', last)) {
    dropLast(sketch)
  }
}

function dropLast(sketch: CategorySketch): void {
  sketch.names.pop()
  sketch.hashes.pop()
  sketch.other += sketch.counts.pop() ?? 0
}

export interface HashedName {
  readonly hash: number
  readonly name: string
}

/** The last category that a full sketch counts apart. */
export function lastOf(sketch: CategorySketch): HashedName {
  return { hash: sketch.hashes.at(-1) ?? 0, name: sketch.names.at(-1) ?? '' }
}

export function isAfter(hash: number, name: string, than: HashedName): boolean {
  return hash > than.hash || (hash === than.hash && name > than.name)
}

function positionOf(sketch: CategorySketch, hash: number, name: string): number {
  let low = 0
  let high = sketch.names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const here = { hash: sketch.hashes[middle] ?? 0, name: sketch.names[middle] ?? '' }
    if (isAfter(hash, name, here)) low = middle + 1
    else high = middle
  }
  return low
}

function shortName(category: string): string {
  if (category.length <= nameLengthMax) return category
  return `${category.slice(0, nameLengthMax - 9)}~${hashOf(category).toString(16).padStart(8, '0')}`
}

/** FNV-1a over UTF-16 code units, mixed at the end (MurmurHash3's finaliser) so that similar names lie far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
