import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallRecord } from '../../../kernel/record.ts'
import type { ShadowStore, ShadowSum } from '../../../kernel/shadow.ts'
import { Tally } from './tally.ts'

const pair = { model: 'spam', major: 1, served: '1.0', shadow: '1.1' }
const dayMs = 86_400_000
const recordOf = (id: string) => ({ id, latencyMs: 10, costUsd: 0.5, unpriced: false }) as CallRecord

function bed() {
  const kept: ShadowSum[] = []
  const store: ShadowStore & { down: boolean } = {
    down: false,
    async add(sums) {
      if (store.down) throw new Error('down')
      kept.push(...sums)
    },
    sums: async () => kept,
  }
  const time = { now: 20_000 * dayMs }
  return { kept, store, time, tally: new Tally(() => time.now, store) }
}

test('sums go to the store once, by the day on which they came', async () => {
  const { kept, time, tally } = bed()
  tally.dropped(pair, 'full')
  tally.dropped(pair, 'full')
  await tally.flush()
  time.now += dayMs
  tally.dropped(pair, 'full')
  await tally.flush()
  await tally.flush()
  assert.deepEqual(kept, [
    { ...pair, day: 20_000, name: 'dropped/full', value: 2 },
    { ...pair, day: 20_001, name: 'dropped/full', value: 1 },
  ])
  assert.deepEqual(tally.drops(), [{ model: 'spam', major: 1, reason: 'full', calls: 3 }], 'a counter only grows')
})

test('what a store does not take is kept for the next time, with what came meanwhile', async () => {
  const { kept, store, time, tally } = bed()
  tally.failed(pair, 'timeout')
  store.down = true
  const flushed = tally.flush()
  tally.failed(pair, 'timeout')
  await assert.rejects(flushed, /down/)
  time.now += dayMs
  store.down = false
  assert.deepEqual(await tally.sums('spam'), [{ ...pair, day: 20_000, name: 'failed/timeout', value: 2 }])
  assert.equal(kept.length, 1)
})

test('what is being written is waited for by who asks for the sums', async () => {
  const { kept, store, tally } = bed()
  const { add } = store
  const gate = Promise.withResolvers<void>()
  store.add = async (sums) => {
    await gate.promise
    await add(sums)
  }
  tally.dropped(pair, 'full')
  const flushed = tally.flush()
  const told = tally.sums('spam').then((sums) => sums.length)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(kept.length, 0)
  gate.resolve()
  await flushed
  assert.equal(await told, 1)
})

test('of each contract the latest 50 disagreements are kept, the newest first', async () => {
  const { time, tally } = bed()
  const found = { agree: false, distance: 1, measure: 'label' }
  for (let n = 0; n < 60; n++) {
    time.now++
    tally.answered(pair, { served: recordOf(`call-${n}`), copy: recordOf(`copy-${n}`) }, found)
    tally.answered(pair, { served: recordOf('same'), copy: recordOf('same') }, { ...found, agree: true, distance: 0 })
  }
  const kept = tally.disagreements('spam')
  assert.deepEqual([kept.length, kept[0]?.call, kept.at(-1)?.copy], [50, 'call-59', 'copy-10'])
  assert.deepEqual(tally.disagreements('digits'), [])
  const sums = Object.fromEntries((await tally.sums('spam')).map(({ name, value }) => [name, value]))
  assert.deepEqual(sums, {
    ...{ answered: 120, compared: 120, agreed: 60, distance: 60, 'distance-squares': 60, 'measure/label': 120 },
    ...{ 'served/latency-ms': 1200, 'served/cost-usd': 60, 'shadow/latency-ms': 1200, 'shadow/cost-usd': 60 },
  })
})
