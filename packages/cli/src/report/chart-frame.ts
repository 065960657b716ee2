import type { Effect } from './experiment-json.ts'

/** Sizes in units of the picture, which are CSS pixels at its natural width. */
export interface Size {
  readonly width: number
  readonly height: number
  /** Room around the plot: numbers at the left, labels at the right. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Whether there is room for words. */
  readonly isWide: boolean
}

/** Letters keep their size on a telephone: it gets a picture of its own. */
export const wide: Size = { width: 860, height: 316, left: 56, right: 138, top: 44, bottom: 50, isWide: true }
export const narrow: Size = { width: 360, height: 276, left: 44, right: 92, top: 44, bottom: 50, isWide: false }

export interface ChartPoint extends Effect {
  readonly x: number
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Where numbers lie in the picture. */
export interface Frame {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
  readonly xs: Range
  readonly ys: Range
  readonly box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
  /** Whether intervals of the beginning go beyond the picture. */
  readonly isCut: boolean
}

export function frameOf(points: readonly ChartPoint[], always: readonly number[], size: Size): Frame {
  const box = {
    left: size.left,
    right: size.width - size.right,
    top: size.top,
    bottom: size.height - size.bottom,
  }
  // A single look stands within the picture, not at its edge.
  const xs = { from: 0, to: Math.max(...points.map(({ x }) => x), 1) * (points.length === 1 ? 1.25 : 1) }
  const ys = rangeOf(points, always, xs)
  const all = points.flatMap(({ lower, upper }) => [lower ?? ys.from, upper ?? ys.to])
  return {
    x: (value) => at((value - xs.from) / (xs.to - xs.from), box.left, box.right),
    y: (value) => at((value - ys.from) / (ys.to - ys.from), box.bottom, box.top),
    xs,
    ys,
    box,
    isCut: all.some((value) => value < ys.from || value > ys.to),
  }
}

/** Two digits after the point are finer than any screen. */
const at = (share: number, from: number, to: number): number => Number((from + share * (to - from)).toFixed(2))

/**
 * What the picture has to show: the lines, and the intervals but for the first third of the units, whose width would press all that came
 * later flat.
 */
function rangeOf(points: readonly ChartPoint[], always: readonly number[], xs: Range): Range {
  const known = points.filter(({ estimate, lower, upper }) => estimate !== null || lower !== null || upper !== null)
  const late = known.filter(({ x }) => x >= xs.from + (xs.to - xs.from) / 3)
  const shown = [...(late.length > 0 ? late : known)]
  const values = [...always, ...shown.flatMap(({ estimate, lower, upper }) => [estimate, lower, upper])].filter(
    (value): value is number => value !== null && Number.isFinite(value),
  )
  const from = Math.min(...values)
  const to = Math.max(...values)
  const size = Math.max(Math.abs(from), Math.abs(to))
  // A range finer than numbers can tell has no ticks.
  const pad = to - from > 1e-9 * size && size > 1e-12 ? 0.08 * (to - from) : Math.max(size, 1e-3)
  return { from: from - pad, to: to + pad }
}
