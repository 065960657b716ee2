import type { CountedValues } from '../evidence.ts'
import { betaMixture, leastCount, lnBetaMixtureLeast } from './beta-binomial.ts'
import { type Cells, cellsOf } from './counted.ts'

// The test of two arms' quantiles: source and assumptions as in quantile.ts.

/** What a candidate's quantile is held against: the control's, moved by a factor (relative) or a number (absolute). */
export interface Shift {
  readonly factor: number
  readonly plus: number
}

export const noShift: Shift = { factor: 1, plus: 0 }

/**
 * ln e against "the candidate's p-quantile = factor x the control's + plus": the least, over all x that may be the control's
 * quantile, of the sum of both arms' mixtures. Two-sided; valid at any time and any n. 0 while an arm has no values.
 */
export function lnEOfQuantiles(
  control: Cells,
  candidate: Cells,
  p: number,
  expectedValues: number,
  shift = noShift,
): number {
  if (control.n === 0 || candidate.n === 0) return 0
  const mixture = betaMixture(p, expectedValues)
  const a: Cells = { ...control, lows: control.lows.map(by(shift)), highs: control.highs.map(by(shift)) }
  const walks = [walk(a), walk(candidate)] as const
  const targets = [leastCount(p, a.n), leastCount(p, candidate.n)] as const
  let least = Number.POSITIVE_INFINITY
  for (let x = nextHigh(walks); x !== undefined; x = nextHigh(walks)) {
    const [inA, inB] = [countsAt(walks[0], x), countsAt(walks[1], x)]
    // Where both arms have too few (or too many) below, another x is better for both.
    if (inA.high < targets[0] && inB.high < targets[1]) continue
    const here =
      lnBetaMixtureLeast(mixture, inA.low, inA.high, a.n) + lnBetaMixtureLeast(mixture, inB.low, inB.high, candidate.n)
    least = Math.min(least, here)
    if (inA.low > targets[0] && inB.low > targets[1]) break
  }
  return least
}

const by =
  ({ factor, plus }: Shift) =>
  (value: number): number =>
    Number.isFinite(value) ? factor * value + plus : value

interface Walk {
  readonly cells: Cells
  /** The first cell whose high is not below the current x. */
  at: number
  /** The first cell from there on that can't hold a value up to x. */
  end: number
}

const walk = (cells: Cells): Walk => ({ cells, at: 0, end: 0 })

/** The next upper end of a cell of either arm: between these, no count changes to the better. */
function nextHigh([a, b]: readonly [Walk, Walk]): number | undefined {
  const [highA, highB] = [a.cells.highs[a.at], b.cells.highs[b.at]]
  if (highA === undefined) return highB
  if (highB === undefined) return highA
  return Math.min(highA, highB)
}

/** How many values are surely below x, and how many may be up to x; moves the walk past x. */
function countsAt(w: Walk, x: number): { low: number; high: number } {
  const { lows, highs, upTo } = w.cells
  const low = w.at === 0 ? 0 : (upTo[w.at - 1] ?? 0)
  if (w.end < w.at) w.end = w.at
  while (w.end < lows.length && reaches(lows[w.end], highs[w.end], x)) w.end++
  const high = w.end === 0 ? 0 : (upTo[w.end - 1] ?? 0)
  if (highs[w.at] === x) w.at++
  return { low, high }
}

/** A bucket (low, high] may hold values up to x if low < x; a single value if it is at most x. */
const reaches = (low: number | undefined, high: number | undefined, x: number): boolean =>
  low !== undefined && (low < x || (low === high && low <= x))

/** p = min(1, 1/e) against equal p-quantiles of two arms: the page's A/B test of latency quantiles. */
export const quantileP = (
  control: CountedValues,
  candidate: CountedValues,
  p: number,
  expectedValues: number,
): number => Math.min(1, Math.exp(-lnEOfQuantiles(cellsOf(control), cellsOf(candidate), p, expectedValues)))
