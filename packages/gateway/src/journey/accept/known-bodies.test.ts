import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KnownBodies } from './known-bodies.ts'

const read = (body: Buffer): object => JSON.parse(body.toString())

test('the same bytes give what was read in them, which nobody can change', () => {
  const known = new KnownBodies()
  const body = Buffer.from('{"input":{"list":[1,{"a":2}]}}')
  assert.equal(known.find(body), undefined)
  known.keep(body, read(body))
  const found = known.find(Buffer.from(body)) as { input: { list: [number, { a: number }] } }
  assert.deepEqual(found, read(body))
  assert.throws(() => found.input.list.push(3 as never), TypeError)
  assert.throws(() => {
    found.input.list[1].a = 3
  }, TypeError)
})

test('bytes that differ are other bodies, also where they are no UTF-8', () => {
  const known = new KnownBodies()
  known.keep(Buffer.from([0x22, 0xc3, 0xbc, 0x22]), { text: 'ü' })
  assert.equal(known.find(Buffer.from([0x22, 0xfc, 0x22])), undefined)
  assert.equal(known.find(Buffer.from([0x22, 0xc3, 0x22])), undefined)
})

test('a long body is not kept; of many those that came lately are', () => {
  const known = new KnownBodies<{ n: number }>()
  const long = Buffer.alloc(9000, ' ')
  known.keep(long, { n: 0 })
  assert.equal(known.find(long), undefined)
  const bodyOf = (n: number) => Buffer.from(String(n).padEnd(1000))
  for (let n = 0; n < 3000; n++) {
    known.keep(bodyOf(n), { n })
    assert.deepEqual(known.find(bodyOf(0)), { n: 0 }, 'it is asked for all the time')
  }
  assert.deepEqual(known.find(bodyOf(2999)), { n: 2999 })
  assert.equal(known.find(bodyOf(1)), undefined)
})
