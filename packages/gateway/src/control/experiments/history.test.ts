import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type History, noHistory, pointsMax, withPoint } from './history.ts'

const point = (time: number) => ({ time, elapsedMs: time, candidates: {} })

function spun(waits: readonly number[], rounds: number): { readonly history: History; readonly end: number } {
  let history = noHistory
  let end = 0
  for (let round = 0; round < rounds; round++) {
    for (const wait of waits) {
      end += wait
      history = withPoint(history, point(end))
      assert.ok(history.points.length <= pointsMax)
      assert.equal(history.points.at(-1)?.time, end)
    }
  }
  return { history, end }
}

test('a history is bounded, in order, keeps its first and its latest point, and leaves no stretch out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 400 }),
      (waits, rounds) => {
        const { history, end } = spun(waits, rounds)
        const times = history.points.map(({ time }) => time)
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        )
        assert.equal(times[0], waits[0])
        const looks = waits.length * rounds
        if (looks <= pointsMax) assert.equal(times.length, looks)
        const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
        assert.ok(Math.max(0, ...gaps) <= Math.max(...waits) + (8 * end) / pointsMax)
      },
    ),
    { numRuns: 60 },
  )
})

test('a clock that was set back leaves the points in order', () => {
  const back = [10, 20, 30, 15].reduce((history, time) => withPoint(history, point(time)), noHistory)
  assert.deepEqual(
    back.points.map(({ time }) => time),
    [10, 15],
  )
})
