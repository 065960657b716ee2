import { type ChartPoint, type Frame, frameOf, type Size } from './chart-frame.ts'
import { bandShapes, estimateShapes, type Label, placedLabels } from './chart-shapes.ts'
import { el, type Markup } from './markup.ts'
import { numberText, signedText } from './numbers.ts'
import { ticksOf } from './ticks.ts'

/** One metric's interval as it was at each look. Values are as they shall be told: in points, per cent, ms. */
export interface Chart {
  /** Of this chart alone in its page. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly points: readonly ChartPoint[]
  readonly xLabel: string
  readonly yLabel: string
  /** How to read it. */
  readonly caption: string
  /** The border of what a guardrail may lose. */
  readonly margin?: { readonly at: number; readonly text: string; readonly harmAbove: boolean }
  /** Moments worth a line: an epoch's begin, the decision. */
  readonly marks: readonly { readonly x: number; readonly text: string }[]
}

/** A picture that tells by words, dashes and hatching what it tells by colour, and speaks to who can't see it. */
export function chartOf(chart: Chart, size: Size): Markup {
  const { id, title, description, points, margin } = chart
  const frame = frameOf(points, margin ? [0, margin.at] : [0], size)
  const { left, right, top, bottom } = frame.box
  const key = `${id}-${size.width}`
  // The last dot is not cut in half.
  const plot = { x: left, y: top, width: right - left + 4, height: bottom - top }
  return el(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', role: 'img', viewBox: `0 0 ${size.width} ${size.height}` },
      ...{ 'aria-labelledby': `${key}-title ${key}-desc`, width: size.width, height: size.height },
    },
    el('title', { id: `${key}-title` }, title),
    el('desc', { id: `${key}-desc` }, description),
    el('defs', {}, el('clipPath', { id: `${key}-plot` }, el('rect', plot)), hatching(key)),
    axes(chart, frame, size),
    el(
      'g',
      { 'clip-path': `url(#${key}-plot)` },
      harmShape(margin, frame, key),
      bandShapes(points, frame),
      estimateShapes(points, frame),
    ),
    el('line', { class: 'zero', x1: left, x2: right, y1: frame.y(0), y2: frame.y(0) }),
    margin && el('line', { class: 'margin', x1: left, x2: right, y1: frame.y(margin.at), y2: frame.y(margin.at) }),
    chart.marks.map((mark, index) => markShape(mark, frame, index === chart.marks.length - 1)),
    placedLabels(labelsOf(chart, frame, size), frame),
  )
}

const hatching = (key: string): Markup =>
  el(
    'pattern',
    { id: `${key}-harm`, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    el('line', { class: 'hatch', x1: 0, x2: 0, y1: 0, y2: 7 }),
  )

function harmShape(margin: Chart['margin'], { y, box }: Frame, key: string): Markup | undefined {
  if (margin === undefined) return undefined
  const [from, to] = margin.harmAbove ? [box.top, y(margin.at)] : [y(margin.at), box.bottom]
  const place = {
    x: box.left,
    width: box.right - box.left,
    y: from,
    height: Math.max(0, Number((to - from).toFixed(2))),
  }
  return el('rect', { ...place, fill: `url(#${key}-harm)` })
}

function axes({ xLabel, yLabel }: Chart, { x, y, xs, ys, box }: Frame, size: Size): Markup {
  const across = ticksOf(xs.from, xs.to, (box.right - box.left) / 95)
  const up = ticksOf(ys.from, ys.to, (box.bottom - box.top) / 40)
  return el(
    'g',
    { class: 'axes' },
    up.map((value) => [
      el('line', { class: 'grid', x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
      el('text', { class: 'tick', x: box.left - 7, y: y(value) + 4, 'text-anchor': 'end' }, signedText(value)),
    ]),
    across.map((value) => [
      el('line', { class: 'axis', x1: x(value), x2: x(value), y1: box.bottom, y2: box.bottom + 5 }),
      el('text', { class: 'tick', x: x(value), y: box.bottom + 18, 'text-anchor': 'middle' }, numberText(value)),
    ]),
    el('line', { class: 'axis', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    el('text', { class: 'name', x: 4, y: 14 }, yLabel),
    el('text', { class: 'name', x: box.left, y: size.height - 10 }, xLabel),
  )
}

/** Named above the plot, where no line runs; in the right half to the left of it, so that the name stays within the picture. */
function markShape({ x: value, text }: Chart['marks'][number], { x, box }: Frame, isLast: boolean): Markup {
  const place = x(value)
  const isRight = place > (box.left + box.right) / 2
  return el(
    'g',
    {},
    el('line', { class: 'mark', x1: place, x2: place, y1: box.top - 18, y2: box.bottom }),
    el(
      'text',
      {
        class: isLast ? 'strong' : undefined,
        x: place + (isRight ? -5 : 5),
        y: box.top - 8,
        'text-anchor': isRight ? 'end' : 'start',
      },
      text,
    ),
  )
}

/** What stands at the right: the lines by their names, the last interval by its numbers. */
function labelsOf({ points, margin }: Chart, { y, box }: Frame, { isWide }: Size): readonly Label[] {
  const within = (value: number) => Math.min(Math.max(y(value), box.top), box.bottom)
  const last = points.findLast(({ estimate, lower, upper }) => estimate !== null || lower !== null || upper !== null)
  const estimate = last?.estimate ?? null
  // Of an interval without width one number says all.
  const bound = (value: number | null | undefined): Label[] =>
    value === null || value === undefined || value === estimate
      ? []
      : [{ y: within(value), text: numberText(value), className: 'edge' }]
  return [
    { y: y(0), text: 'no difference', className: 'edge' },
    ...(margin ? [{ y: y(margin.at), text: isWide ? margin.text : 'margin', className: 'edge harm' }] : []),
    ...bound(last?.upper),
    ...(estimate === null ? [] : [{ y: within(estimate), text: signedText(estimate), className: 'now' }]),
    ...bound(last?.lower),
  ]
}
