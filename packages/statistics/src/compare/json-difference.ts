import { numberDistance } from './number-distance.ts'

export interface JsonDifference {
  readonly leaves: number
  readonly differing: number
  /** JSON Pointers (RFC 6901) of the first differing leaves, nearest to the root first. */
  readonly paths: readonly string[]
  /** There was more than was looked at; the counts are those of the part nearest to the root. */
  readonly cut: boolean
}

export interface JsonDifferenceOptions {
  /** Numbers that are not both whole agree up to this relative distance. */
  readonly tolerance: number
  readonly leavesMax?: number
  readonly pathsMax?: number
}

/**
 * Compares two JSON values leaf by leaf: objects by key, lists by place. A leaf that only one side has differs, and so does each
 * leaf of a subtree that stands where the other side has something of another kind. It goes level by level and stops after
 * `leavesMax` places (default 2000), so that a huge list cannot hide what differs beside it, nor cost much; `cut` says so.
 * What is not bounded is listing the keys of one object: about 50 ms for two with 100,000 each. Bound the bytes before.
 */
export function jsonDifference(a: unknown, b: unknown, options: JsonDifferenceOptions): JsonDifference {
  const { leavesMax = 2000, pathsMax = 10, tolerance } = options
  const queue: Place[] = [{ path: '', a, b }]
  const paths: string[] = []
  let [leaves, differing, cut] = [0, 0, false]
  for (let at = 0; at < queue.length; at++) {
    const place = queue[at]
    if (place === undefined) break
    const children = childrenOf(place, leavesMax - queue.length)
    cut ||= children?.cut ?? false
    if (children !== undefined && children.places.length > 0) {
      queue.push(...children.places)
      continue
    }
    // A leaf; or there is no room to look inside, and what can be said is whether both are lists or both objects.
    leaves++
    if (sameLeaf(place.a, place.b, tolerance)) continue
    differing++
    if (paths.length < pathsMax) paths.push(place.path)
  }
  return { leaves, differing, paths, cut }
}

interface Place {
  readonly path: string
  readonly a: unknown
  readonly b: unknown
}

/** What one side does not have; `undefined` would equal a field that holds it. */
const absent = Symbol('absent')

/** Undefined for a leaf: two values of which neither holds others. */
function childrenOf({ path, a, b }: Place, room: number): { places: Place[]; cut: boolean } | undefined {
  const [inA, inB] = [containerOf(a), containerOf(b)]
  // In a list b's own places come after those that both have, which are at most `room`.
  const [keysOfA, keysOfB] = [keysOf(inA, room), keysOf(inB, 2 * room)]
  if (keysOfA.length === 0 && keysOfB.length === 0) return undefined
  const alike = inA !== undefined && inB !== undefined && Array.isArray(inA) === Array.isArray(inB)
  const places: Place[] = []
  for (const key of keysOfA) {
    if (places.length >= room) return { places, cut: true }
    const other = alike && Object.hasOwn(inB, key) ? inB[key] : absent
    places.push({ path: pathOf(path, key), a: inA?.[key], b: other })
  }
  for (const key of keysOfB) {
    if (alike && Object.hasOwn(inA, key)) continue
    if (places.length >= room) return { places, cut: true }
    places.push({ path: pathOf(path, key), a: absent, b: inB?.[key] })
  }
  return { places, cut: false }
}

type Container = Readonly<Record<string, unknown>>

function containerOf(value: unknown): Container | undefined {
  return isContainer(value) ? value : undefined
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

/** At least one more than `room`, if there are so many: to tell that something was cut. */
function keysOf(container: Container | undefined, room: number): readonly string[] {
  if (container === undefined) return []
  if (!Array.isArray(container)) return Object.keys(container)
  return Array.from({ length: Math.min(container.length, room + 1) }, (_, at) => String(at))
}

function sameLeaf(a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    const exact = Number.isInteger(a) && Number.isInteger(b)
    return exact ? a === b : numberDistance(a, b).relative <= tolerance
  }
  // Neither holds anything: {} is {}, [] is [], and they are not each other.
  if (isContainer(a) && isContainer(b)) return Array.isArray(a) === Array.isArray(b)
  return a === b
}

const pathLengthMax = 200

function pathOf(parent: string, key: string): string {
  const path = `${parent}/${key.slice(0, pathLengthMax).replaceAll('~', '~0').replaceAll('/', '~1')}`
  return path.length <= pathLengthMax ? path : `${path.slice(0, pathLengthMax - 1)}…`
}
