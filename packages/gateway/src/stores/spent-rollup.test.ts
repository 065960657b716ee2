import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleCall, start } from './conformance/samples.ts'
import { dayMs, spentRollup } from './spent-rollup.ts'

test('what cost nothing, or what nobody can add up, is passed over', () => {
  const rollup = spentRollup()
  for (const costUsd of [undefined, 0, -1, Number.NaN, Number.POSITIVE_INFINITY]) rollup.add(sampleCall(1, { costUsd }))
  assert.deepEqual(rollup.take(), [])
})

test('calls of a day that agree in all that budgets count by make one row, and are taken once', () => {
  const rollup = spentRollup()
  const costUsd = 0.5
  rollup.add(sampleCall(1, { costUsd, door: 'graphql', versionServed: '2.0' }))
  rollup.add(sampleCall(2, { costUsd }))
  rollup.add(sampleCall(3, { costUsd, time: start + dayMs }))
  rollup.add(sampleCall(4, { costUsd, keyId: 'key_2' }))
  const of = { consumer: 'demo', team: '', model: 'spam', major: '1', version: '1.1' }
  const day = Math.floor(start / dayMs)
  assert.deepEqual(rollup.take(), [
    { day, key: 'key_1', ...of, costUsd: 1 },
    { day: day + 1, key: 'key_1', ...of, costUsd: 0.5 },
    { day, key: 'key_2', ...of, costUsd: 0.5 },
  ])
  assert.deepEqual(rollup.take(), [])
})
