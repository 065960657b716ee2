import type { CountedValues } from '../evidence.ts'

/** Counted values as cells in ascending order: `counts[i]` values in `[lows[i], highs[i]]`, `upTo[i]` in it and all cells before. */
export interface Cells {
  readonly n: number
  readonly lows: readonly number[]
  readonly highs: readonly number[]
  readonly upTo: readonly number[]
}

/** Cells without the empty ones. Throws RangeError where edges and counts don't fit or values aren't sorted. */
export function cellsOf(values: CountedValues): Cells {
  return values.kind === 'values' ? cellsOfSorted(values.sorted) : cellsOfBuckets(values.edges, values.counts)
}

function cellsOfSorted(sorted: readonly number[]): Cells {
  const highs: number[] = []
  const upTo: number[] = []
  for (const [i, value] of sorted.entries()) {
    const last = highs.at(-1)
    if (Number.isNaN(value) || (last !== undefined && value < last))
      throw new RangeError('values must be sorted numbers')
    if (value !== last) {
      highs.push(value)
      upTo.push(i + 1)
    } else upTo[upTo.length - 1] = i + 1
  }
  return { n: sorted.length, lows: highs, highs, upTo }
}

function cellsOfBuckets(edges: readonly number[], counts: readonly number[]): Cells {
  if (counts.length > 0 && edges.length !== counts.length + 1)
    throw new RangeError('edges must be one more than counts')
  const lows: number[] = []
  const highs: number[] = []
  const upTo: number[] = []
  let n = 0
  for (const [i, count] of counts.entries()) {
    const [low, high] = [edges[i], edges[i + 1]]
    if (low === undefined || high === undefined || !(low < high)) throw new RangeError('edges must ascend')
    if (!(count >= 0)) throw new RangeError('counts must not be negative')
    if (count === 0) continue
    n += count
    lows.push(low)
    highs.push(high)
    upTo.push(n)
  }
  return { n, lows, highs, upTo }
}

/** The index of the first cell with at least `k` values in it and before; `upTo.length` if there is none. */
export function cellReaching({ upTo }: Cells, k: number): number {
  let [low, high] = [0, upTo.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((upTo[middle] ?? 0) >= k) high = middle
    else low = middle + 1
  }
  return low
}

/** The sample quantile, within a bucket by linear interpolation. NaN without values. An open bucket is told by its finite edge. */
export function quantileOf(cells: Cells, p: number): number {
  const at = cellReaching(cells, p * cells.n)
  const [low, high, upTo] = [cells.lows[at], cells.highs[at], cells.upTo[at]]
  if (low === undefined || high === undefined || upTo === undefined) return Number.NaN
  if (!Number.isFinite(high)) return low
  if (!Number.isFinite(low)) return high
  const before = at === 0 ? 0 : (cells.upTo[at - 1] ?? 0)
  return low + (high - low) * Math.min(1, Math.max(0, (p * cells.n - before) / (upTo - before)))
}

/** Merges counted values: sorted values into sorted values, buckets with equal edges into those. */
export function mergeCounted(a: CountedValues, b: CountedValues): CountedValues {
  if (a.kind === 'values' && b.kind === 'values') {
    return { kind: 'values', sorted: [...a.sorted, ...b.sorted].sort((p, q) => p - q) }
  }
  if (a.kind === 'buckets' && b.kind === 'buckets') {
    if (b.counts.length === 0) return a
    if (a.counts.length === 0) return b
    if (a.edges.length === b.edges.length && a.edges.every((edge, i) => edge === b.edges[i])) {
      return { kind: 'buckets', edges: a.edges, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)) }
    }
  }
  throw new RangeError('only values with values, and buckets with equal edges, merge')
}

/** Two sets of cells as one. Equal cells add up; such as overlap (sketches collapsed at other places) become one wider cell. */
export function mergeCells(a: Cells, b: Cells): Cells {
  const all = [...listed(a), ...listed(b)].sort((p, q) => p.low - q.low || p.high - q.high)
  const merged: { low: number; high: number; count: number }[] = []
  for (const cell of all) {
    const last = merged.at(-1)
    if (last !== undefined && (cell.low < last.high || (cell.low === last.low && cell.high === last.high))) {
      last.high = Math.max(last.high, cell.high)
      last.count += cell.count
    } else merged.push(cell)
  }
  let n = 0
  const upTo = merged.map(({ count }) => {
    n += count
    return n
  })
  return { n, lows: merged.map(({ low }) => low), highs: merged.map(({ high }) => high), upTo }
}

const listed = ({ lows, highs, upTo }: Cells) =>
  upTo.map((sum, i) => ({ low: lows[i] ?? 0, high: highs[i] ?? 0, count: sum - (i === 0 ? 0 : (upTo[i - 1] ?? 0)) }))
