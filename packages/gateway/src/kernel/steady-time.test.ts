import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadyTime } from './steady-time.ts'

const hour = 3_600_000

function ticking() {
  const at = { now: 1_000_000 * hour, elapsed: 5 }
  const isSteady = steadyTime({ now: () => at.now, elapsed: () => at.elapsed })
  const after = (elapsed: number, leap = 0) => {
    at.elapsed += elapsed
    at.now += elapsed + leap
    return isSteady()
  }
  return after
}

test('time that runs, and is set right by less than an hour, is steady', () => {
  const after = ticking()
  assert.deepEqual([after(0), after(100 * hour), after(1, hour / 2), after(1, -hour)], [true, true, true, true])
})

test('a leap is not believed until it is taken back', () => {
  for (const leap of [9000 * hour, -9000 * hour]) {
    const after = ticking()
    assert.deepEqual([after(1, leap), after(23 * hour), after(1, -leap), after(hour)], [false, false, true, true])
    // The day begins anew with the next one.
    assert.deepEqual([after(hour, leap), after(2 * hour)], [false, false])
  }
})

test('a leap that stood for a day is believed; another one begins a day of its own', () => {
  const after = ticking()
  assert.deepEqual([after(1, 50 * hour), after(20 * hour, 50 * hour)], [false, false])
  assert.deepEqual([after(23 * hour), after(hour), after(hour)], [false, true, true])
  assert.equal(after(1, -100 * hour), false)
})
