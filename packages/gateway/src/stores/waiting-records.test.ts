import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CallRecord } from '../kernel/record.ts'
import { WaitingRecords } from './waiting-records.ts'

const record = (id: string, reference?: string, time = 0) => ({ id, consumer: 'shop', reference, time }) as CallRecord
const text = { write: (one: CallRecord) => JSON.stringify(one), read: (one: string): CallRecord => JSON.parse(one) }

test('what waits is given in order, again and again, until it is written', () => {
  const waiting = new WaitingRecords(text)
  for (let n = 0; n < 5; n++) waiting.put(record(String(n)))
  const ids = (most: number) => waiting.next(most).map((one) => text.read(one).id)
  assert.deepEqual(ids(3), ['0', '1', '2'])
  assert.deepEqual(ids(3), ['0', '1', '2'])
  waiting.written(3)
  assert.equal(waiting.waiting, 2)
  assert.deepEqual(ids(3), ['3', '4'])
})

test('what waits is found by its id and its reference, what is durable is not', () => {
  const waiting = new WaitingRecords(text)
  for (let n = 0; n < 6; n++) waiting.put(record(String(n), `order-${n}`))
  waiting.written(2)
  const found = () => ['0', '1', '2', '3', '4', '5'].map((id) => waiting.byId(id)?.id)
  assert.deepEqual(found(), [undefined, undefined, '2', '3', '4', '5'])
  waiting.written(2)
  assert.deepEqual(found(), [undefined, undefined, undefined, undefined, '4', '5'])
  assert.equal(waiting.byReference('shop', 'order-2'), undefined)
  assert.equal(waiting.byReference('shop', 'order-4')?.id, '4')
  assert.equal(waiting.byReference('other', 'order-4'), undefined)
})

test('however much waits, and however many look for what is not there, a Record is read once', () => {
  let reads = 0
  const waiting = new WaitingRecords({
    write: text.write,
    read(one) {
      reads++
      return text.read(one)
    },
  })
  for (let n = 0; n < 10_000; n++) {
    waiting.put(record(String(n), `order-${n}`))
    assert.equal(waiting.byId('never'), undefined)
    assert.equal(waiting.byReference('shop', 'never'), undefined)
    if (n % 500 === 499) waiting.written(250)
  }
  assert.equal(reads, 10_000)
})

test('nobody looks: nothing is read', () => {
  const waiting = new WaitingRecords({ write: text.write, read: () => assert.fail('nobody asked') })
  for (let n = 0; n < 1000; n++) waiting.put(record(String(n), 'order-1'))
  for (const count of [500, 400, 100]) waiting.written(count)
  assert.equal(waiting.waiting, 0)
})

test('whatever is put, becomes durable and is looked for, each look finds what a search would', () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('put' as const), count: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ what: fc.constant('write' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ what: fc.constant('look' as const), at: fc.nat({ max: 200 }), order: fc.nat({ max: 6 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat({ max: 100 })), (steps, times) => {
      const waiting = new WaitingRecords(text)
      let there: CallRecord[] = []
      let put = 0
      for (const one of steps) {
        if (one.what === 'write') {
          const count = Math.floor(waiting.waiting * one.share)
          waiting.written(count)
          there = there.slice(count)
        } else if (one.what === 'put') {
          for (let n = 0; n < one.count; n++, put++) {
            const next = record(String(put), `order-${put % 7}`, times.next().value)
            there.push(next)
            waiting.put(next)
          }
        } else {
          const id = String(one.at)
          assert.deepEqual(
            waiting.byId(id),
            there.find((each) => each.id === id),
          )
          const alike = there.filter(({ reference }) => reference === `order-${one.order}`)
          const latest = Math.max(...alike.map(({ time }) => time))
          const found = waiting.byReference('shop', `order-${one.order}`)
          if (found) assert.ok(there.some(({ id }) => id === found.id))
          // A later one may have been forgotten with its batch; what is found is then never an earlier one.
          if (found && alike.length > 0) assert.equal(found.time, latest)
        }
        assert.equal(waiting.waiting, there.length)
      }
    }),
  )
})
