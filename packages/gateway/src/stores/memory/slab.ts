/** Short enough that what the last cell leaves empty is little beside an entry's other cost; bytes. */
export const cellBytes = 128
/** With what is known of each: the next, and whose it is. */
export const cellCostBytes = cellBytes + 4 + 8
/** What a slab takes besides: five small objects. */
export const slabOverheadBytes = 500
/** In place of a cell. */
export const none = -1

/** Cells that are taken from the system, and given back, together. Cells are counted over all slabs. */
export interface Slab<T> {
  /** Of its first cell. */
  readonly first: number
  readonly bytes: Buffer
  /** By cell: the next of the same bytes, or the next free one. */
  readonly next: Int32Array
  /** By cell; undefined of a free one. */
  readonly owners: (T | undefined)[]
  /** The first free one. */
  free: number
  used: number
  /** Among those with free cells; `none` of a full one. */
  place: number
  /** It is about to go: what is freed in it is no room. */
  closed: boolean
}

export function emptySlab<T>(first: number, cells: number): Slab<T> {
  const next = new Int32Array(cells)
  for (let at = 0; at < cells; at++) next[at] = first + at + 1
  next[cells - 1] = none
  return {
    first,
    bytes: Buffer.allocUnsafeSlow(cells * cellBytes),
    next,
    owners: Array(cells).fill(undefined),
    free: first,
    used: 0,
    place: none,
    closed: false,
  }
}
