import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CallRecord } from '../../kernel/record.ts'
import { createRecentCalls } from './recent-calls.ts'

function record(id: string, reference?: string, time = 0): CallRecord {
  return { id, consumer: 'shop', reference, time } as CallRecord
}

const shop = { consumer: 'shop', model: 'spam', major: undefined }

test('a call is found while it is in flight, and by its reference', () => {
  const recent = createRecentCalls(() => 0)
  recent.begin('a', shop, 'order-1')
  assert.equal(recent.recentCall('a'), shop)
  assert.equal(recent.recentByReference('shop', 'order-1'), 'a')
  assert.equal(recent.recentByReference('other', 'order-1'), undefined)
  assert.deepEqual([recent.recentCall('b'), recent.recentRecord('a')], [undefined, undefined])
  const ended = record('a', 'order-1')
  recent.kept(ended)
  assert.equal(recent.recentRecord('a'), ended)
})

for (const ends of [
  ['a', 'b'],
  ['b', 'a'],
]) {
  test(`of two calls with one reference the later is found, though ${ends[0]} ends first`, () => {
    const recent = createRecentCalls(() => 2)
    for (const id of ['a', 'b']) recent.begin(id, shop, 'order-1')
    for (const id of ends) {
      recent.kept(record(id, 'order-1', id === 'a' ? 1 : 2))
      assert.equal(recent.recentByReference('shop', 'order-1'), 'b')
    }
  })
}

test('what is not durable is found, however much it is; what has been for long is not', () => {
  let waiting = 0
  const recent = createRecentCalls(() => waiting)
  const put = (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      recent.begin(String(n), shop, undefined)
      waiting++
      recent.kept(record(String(n)))
    }
  }
  put(0, 5000)
  for (const n of [0, 2500, 4999]) assert.equal(recent.recentCall(String(n))?.consumer, 'shop')
  waiting = 0
  put(5000, 7000)
  assert.equal(recent.recentCall('0'), undefined)
  assert.equal(recent.recentCall('4999'), undefined)
  assert.equal(recent.recentCall('5000')?.consumer, 'shop')
})

test('what has just become durable is found by one who looked into the store before', () => {
  const recent = createRecentCalls(() => 0)
  for (let n = 0; n < 256; n++) {
    recent.begin(String(n), shop, undefined)
    recent.kept(record(String(n)))
  }
  assert.equal(recent.recentCall('255')?.consumer, 'shop')
})

/** Counts who reads an id of it: a look-up that searches reads them all. */
function counting(id: string, read: () => void): CallRecord {
  return Object.defineProperty(record(id, `order-${id}`), 'id', {
    get() {
      read()
      return id
    },
  })
}

test('however much waits, and however many look for what is not there, a Record is looked at a few times', () => {
  let reads = 0
  const recent = createRecentCalls(() => 10_000)
  for (let n = 0; n < 10_000; n++) recent.kept(counting(String(n), () => reads++))
  for (let n = 0; n < 1000; n++) {
    assert.equal(recent.recentCall('never'), undefined)
    assert.equal(recent.recentByReference('shop', 'never'), undefined)
  }
  assert.ok(reads <= 40_000, `${reads} reads`)
})

test('whatever is put, becomes durable and is looked for, each look-up finds what a search would', () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('put' as const), count: fc.integer({ min: 1, max: 400 }) }),
    fc.record({ what: fc.constant('write' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ what: fc.constant('look' as const), back: fc.nat({ max: 600 }), order: fc.nat({ max: 6 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let waiting = 0
      const put: CallRecord[] = []
      const recent = createRecentCalls(() => waiting)
      for (const one of steps) {
        if (one.what === 'write') waiting = Math.floor(waiting * one.share)
        else if (one.what === 'put') {
          for (let n = 0; n < one.count; n++) {
            const next = record(String(put.length), `order-${put.length % 7}`)
            recent.begin(next.id, next, next.reference)
            put.push(next)
            waiting++
            recent.kept(next)
          }
        } else {
          const durable = put.length - waiting
          const at = put.length - 1 - one.back
          if (at >= durable) assert.ok(recent.recentCall(String(at)), `call ${at} of ${put.length}, ${durable} durable`)
          const latest = put.findLast(({ reference }) => reference === `order-${one.order}`)
          const found = recent.recentByReference('shop', `order-${one.order}`)
          if (latest && Number(latest.id) >= durable) assert.equal(found, latest.id)
          assert.ok(found === undefined || found === latest?.id, 'never an earlier one')
        }
      }
    }),
  )
})
