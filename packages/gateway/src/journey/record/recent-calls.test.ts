import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallRecord } from '../../kernel/record.ts'
import { createRecentCalls } from './recent-calls.ts'

function record(id: string, reference?: string): CallRecord {
  return { id, consumer: 'shop', reference } as CallRecord
}

test('a call is found while it is in flight, and by its reference', () => {
  const recent = createRecentCalls(() => 0)
  recent.begin('a', 'shop', 'order-1')
  assert.deepEqual(recent.recentCall('a'), { consumer: 'shop' })
  assert.equal(recent.recentByReference('shop', 'order-1'), 'a')
  assert.equal(recent.recentByReference('other', 'order-1'), undefined)
  assert.equal(recent.recentCall('b'), undefined)
})

test('of two calls with one reference the later is found, whichever ends first', () => {
  const recent = createRecentCalls(() => 2)
  recent.begin('a', 'shop', 'order-1')
  recent.begin('b', 'shop', 'order-1')
  recent.kept(record('a', 'order-1'))
  assert.equal(recent.recentByReference('shop', 'order-1'), 'b')
  recent.kept(record('b', 'order-1'))
  assert.equal(recent.recentByReference('shop', 'order-1'), 'b')
})

test('what is not durable is found, however much it is; what has been for long is not', () => {
  let waiting = 0
  const recent = createRecentCalls(() => waiting)
  const put = (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      recent.begin(String(n), 'shop', undefined)
      waiting++
      recent.kept(record(String(n)))
    }
  }
  put(0, 5000)
  for (const n of [0, 2500, 4999]) assert.deepEqual(recent.recentCall(String(n)), { consumer: 'shop' })
  waiting = 0
  put(5000, 7000)
  assert.equal(recent.recentCall('0'), undefined)
  assert.equal(recent.recentCall('4999'), undefined)
  assert.deepEqual(recent.recentCall('5000'), { consumer: 'shop' })
})

test('what has just become durable is found by one who looked into the store before', () => {
  const recent = createRecentCalls(() => 0)
  for (let n = 0; n < 256; n++) {
    recent.begin(String(n), 'shop', undefined)
    recent.kept(record(String(n)))
  }
  assert.deepEqual(recent.recentCall('255'), { consumer: 'shop' })
})
