import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallRecord } from '../../kernel/record.ts'
import { createRecentCalls } from './recent-calls.ts'

const shop = { consumer: 'shop', model: 'spam', major: undefined }

/** Calls that ended, as the store has them: the latest of a reference is the one with the latest time. */
function endedCalls() {
  const records: CallRecord[] = []
  return {
    put: (id: string, reference?: string, time = 0) => {
      const record = { id, consumer: 'shop', reference, time } as CallRecord
      records.push(record)
      return record
    },
    recent: (id: string) => records.find((record) => record.id === id),
    recentByReference: (consumer: string, reference: string) =>
      records
        .filter((record) => record.consumer === consumer && record.reference === reference)
        .toSorted((a, b) => a.time - b.time)
        .at(-1),
  }
}

test('a call is found while it is in flight, and by its reference; then its Record is', () => {
  const records = endedCalls()
  const recent = createRecentCalls(records)
  recent.begin('a', shop, 'order-1')
  assert.equal(recent.recentCall('a'), shop)
  assert.equal(recent.recentByReference('shop', 'order-1'), 'a')
  assert.equal(recent.recentByReference('other', 'order-1'), undefined)
  assert.deepEqual([recent.recentCall('b'), recent.recentRecord('a')], [undefined, undefined])
  const ended = records.put('a', 'order-1')
  recent.kept(ended)
  assert.equal(recent.recentRecord('a'), ended)
  assert.equal(recent.recentCall('a'), ended)
  assert.equal(recent.recentByReference('shop', 'order-1'), 'a')
})

for (const ends of [
  ['a', 'b'],
  ['b', 'a'],
]) {
  test(`of two calls with one reference the later is found, though ${ends[0]} ends first`, () => {
    const records = endedCalls()
    const recent = createRecentCalls(records)
    for (const id of ['a', 'b']) recent.begin(id, shop, 'order-1')
    for (const id of ends) {
      recent.kept(records.put(id, 'order-1', id === 'a' ? 1 : 2))
      assert.equal(recent.recentByReference('shop', 'order-1'), 'b')
    }
  })
}
