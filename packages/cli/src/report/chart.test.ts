import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Chart, chartOf } from './chart.ts'
import { type ChartPoint, frameOf, narrow, wide } from './chart-frame.ts'
import { bandShapes, placedLabels } from './chart-shapes.ts'
import { ticksOf } from './ticks.ts'

const point = (x: number, lower: number | null, upper: number | null, estimate: number | null = null): ChartPoint => ({
  ...{ x, lower, upper, estimate },
})

test('ticks are round, ascend, stay within their range and are about as many as wished', () => {
  assert.deepEqual(ticksOf(0, 1400, 7), [0, 200, 400, 600, 800, 1000, 1200, 1400])
  assert.deepEqual(ticksOf(-0.3, 0.3, 6), [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
  assert.deepEqual(ticksOf(5, 5, 4), [5])
  const whole = fc.integer({ min: -10_000, max: 10_000 })
  const scale = fc.constantFrom(1e-9, 0.001, 1, 1e6)
  fc.assert(
    fc.property(
      whole,
      fc.integer({ min: 1, max: 10_000 }),
      scale,
      fc.integer({ min: 3, max: 12 }),
      (begin, length, times, about) => {
        const [from, to] = [begin * times, (begin + length) * times]
        const ticks = ticksOf(from, to, about)
        const slack = 1e-6 * (to - from)
        assert.ok(ticks.length > 0 && ticks.length <= about + 1, `${ticks.length} for ${about}`)
        for (const [i, tick] of ticks.entries()) {
          assert.ok(tick >= from - slack && tick <= to + slack, `${tick}`)
          assert.ok(i === 0 || tick > (ticks[i - 1] ?? tick), `${ticks}`)
        }
      },
    ),
  )
})

test('a bigger value stands higher, more units stand further right', () => {
  const frame = frameOf([point(100, -1, 3, 1), point(200, 0, 2, 1)], [0], wide)
  assert.ok(frame.y(2) < frame.y(1) && frame.y(1) < frame.y(0))
  assert.ok(frame.x(200) > frame.x(100) && frame.x(0) === wide.left)
})

test('wide intervals of the beginning do not press the later ones flat', () => {
  const { ys, isCut } = frameOf([point(10, -500, 500, 1), point(500, -2, 4, 1), point(1000, 0, 2, 1)], [0], wide)
  assert.ok(ys.to < 5 && ys.from > -3, JSON.stringify(ys))
  assert.equal(isCut, true)
})

test('an unbounded side reaches the edge, a look without interval leaves a gap, a single one is a bar', () => {
  const points = [point(1, null, 3), point(2, 0, 2), point(3, null, null), point(4, 0, 1)]
  const frame = frameOf(points, [0], wide)
  const shapes = bandShapes(points, frame).map(({ markup }) => markup)
  assert.deepEqual(
    shapes.map((markup) => /class="(\w+)"/.exec(markup)?.[1] ?? ''),
    ['band', 'bound', 'bound', 'bar'],
  )
  assert.ok(shapes[2]?.includes(`M${frame.x(1)},${frame.box.bottom}L`))
})

test('labels never cover each other, and stay in the picture', () => {
  const frame = frameOf([point(1, 0, 1)], [0], narrow)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: frame.box.top, max: frame.box.bottom }), { maxLength: 5 }), (places) => {
      const ys = placedLabels(
        places.map((y) => ({ y, text: 'a', className: 'edge' })),
        frame,
      ).map(({ markup }) => Number(/ y="([^"]+)"/.exec(markup)?.[1]))
      for (const [i, y] of ys.entries()) {
        assert.ok(i === 0 || y - (ys[i - 1] ?? 0) >= 14.9, `${ys}`)
        assert.ok(y > 0 && y <= frame.box.bottom + 20, `${ys}`)
      }
    }),
  )
})

test('what a guardrail may lose has a line, a name and a hatched side; on a small picture the name is short', () => {
  const chart: Chart = {
    ...{
      id: 'c',
      title: 't',
      description: 'd',
      points: [point(10, -1, 3, 1)],
      xLabel: 'x',
      yLabel: 'y',
      caption: '',
      marks: [],
    },
    margin: { at: 10, text: 'margin 10 %', harmAbove: true },
  }
  const { markup } = chartOf(chart, wide)
  for (const part of ['class="margin"', 'fill="url(#c-860-harm)"', '>margin 10 %<'])
    assert.ok(markup.includes(part), part)
  assert.match(chartOf(chart, narrow).markup, />margin</)
})
