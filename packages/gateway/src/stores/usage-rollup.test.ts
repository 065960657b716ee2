import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleCall } from './conformance/samples.ts'
import { usageRollup } from './usage-rollup.ts'

const refused = { versionAssigned: undefined, versionServed: undefined, outcome: 'refused' } as const

test('made-up names on calls refused before the model is looked up cannot grow the roll-ups without bound', () => {
  const rollup = usageRollup()
  for (let n = 0; n < 5000; n += 1) rollup.add(sampleCall(0, { ...refused, code: 'invalid_option', model: `m${n}` }))
  for (let n = 0; n < 5000; n += 1) rollup.add(sampleCall(0, { ...refused, code: 'unknown_model', model: `u${n}` }))
  rollup.add(sampleCall(0, { model: 'spam' }))
  const groups = rollup.take()
  assert.equal(groups.length, 1000 + 1 + 1 + 1)
  const callsOf = (model: string, code: string) =>
    groups.find((group) => group.model === model && group.code === code)?.calls
  assert.equal(callsOf('m999', 'invalid_option'), 1)
  assert.equal(callsOf('', 'invalid_option'), 4000)
  assert.equal(callsOf('', 'unknown_model'), 5000)
  assert.equal(callsOf('spam', ''), 1)
})

test('a take begins anew', () => {
  const rollup = usageRollup()
  rollup.add(sampleCall(1))
  assert.equal(rollup.take().length, 1)
  assert.deepEqual(rollup.take(), [])
})

test('a number that is none leaves the sums whole', () => {
  const rollup = usageRollup()
  rollup.add(sampleCall(1, { latencyMs: Number.NaN, items: Number.POSITIVE_INFINITY, costUsd: Number.NaN }))
  rollup.add(sampleCall(2, { latencyMs: 7, items: 2, costUsd: 0.5 }))
  const [group] = rollup.take()
  assert.deepEqual([group?.calls, group?.latencySumMs, group?.items, group?.costUsd], [2, 7, 2, 0.5])
})
