import type { ChartPoint, Frame } from './chart-frame.ts'
import { el, type Markup } from './markup.ts'

/** The band between the intervals' bounds. An unbounded side reaches the edge of the plot; where nothing is known there is a gap. */
export function bandShapes(points: readonly ChartPoint[], frame: Frame): readonly Markup[] {
  const { x, y, box } = frame
  const upperAt = ({ upper }: ChartPoint) => (upper === null ? box.top : y(upper))
  const lowerAt = ({ lower }: ChartPoint) => (lower === null ? box.bottom : y(lower))
  const isKnown = ({ lower, upper }: ChartPoint) => lower !== null || upper !== null
  return stretches(points, isKnown).flatMap((stretch) => {
    const above = stretch.map((point) => `${x(point.x)},${upperAt(point)}`)
    const below = stretch.map((point) => `${x(point.x)},${lowerAt(point)}`)
    const [only] = stretch
    if (stretch.length === 1 && only !== undefined) {
      const place = { x1: x(only.x), x2: x(only.x), y1: upperAt(only), y2: lowerAt(only) }
      return [el('line', { class: 'bar', ...place })]
    }
    return [
      el('path', { class: 'band', d: `M${above.join('L')}L${below.toReversed().join('L')}Z` }),
      el('path', { class: 'bound', d: `M${above.join('L')}` }),
      el('path', { class: 'bound', d: `M${below.join('L')}` }),
    ]
  })
}

/** The estimates as a line; each look is a dot as long as they can be told apart. */
export function estimateShapes(points: readonly ChartPoint[], frame: Frame): readonly Markup[] {
  const { x, y, box } = frame
  const placed = points.map(({ x: value, estimate }) => ({ x: x(value), y: estimate === null ? null : y(estimate) }))
  const known = stretches(placed, (point) => point.y !== null)
  const lines = known.map((stretch) =>
    el('path', { class: 'estimate', d: `M${stretch.map((point) => `${point.x},${point.y}`).join('L')}` }),
  )
  const all = known.flat()
  const dotted = all.length * dotRoom <= box.right - box.left ? all : all.slice(-1)
  return [...lines, ...dotted.map((point) => el('circle', { class: 'dot', cx: point.x, cy: point.y ?? 0, r: 3 }))]
}

const dotRoom = 14

/** Runs of neighbours of which something holds. */
function stretches<Item>(items: readonly Item[], holds: (item: Item) => boolean): readonly (readonly Item[])[] {
  const found: Item[][] = []
  let open: Item[] | undefined
  for (const item of items) {
    if (!holds(item)) {
      open = undefined
    } else if (open === undefined) {
      open = [item]
      found.push(open)
    } else {
      open.push(item)
    }
  }
  return found
}

export interface Label {
  readonly y: number
  readonly text: string
  readonly className: string
}

const lineHeight = 15

/** Labels beside what they name, moved apart where they would cover each other. */
export function placedLabels(labels: readonly Label[], { box }: Frame): readonly Markup[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y)
  const places: number[] = []
  for (const { y } of sorted) places.push(Math.max(y, (places.at(-1) ?? Number.NEGATIVE_INFINITY) + lineHeight))
  for (let i = places.length - 1, below = box.bottom + lineHeight; i >= 0; i--) {
    below = Math.min(places[i] ?? below, below - lineHeight)
    places[i] = below
  }
  return sorted.map(({ text, className }, i) =>
    el('text', { class: className, x: box.right + 9, y: Number(((places[i] ?? 0) + 4).toFixed(2)) }, text),
  )
}
