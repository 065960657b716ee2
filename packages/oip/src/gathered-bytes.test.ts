import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatheredBytes } from './gathered-bytes.ts'

test('property: gives back what was pushed, and begins anew', () => {
  const chunks = fc.array(
    fc.uint8Array({ maxLength: 6000 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 12 },
  )
  const gathered = new GatheredBytes(10_000)
  fc.assert(
    fc.property(chunks, (pieces) => {
      for (const piece of pieces) gathered.push(piece)
      const expected = Buffer.concat(pieces)
      assert.equal(gathered.length, expected.length)
      assert.deepEqual(gathered.take(), expected)
      assert.equal(gathered.length, 0)
    }),
  )
})

test('one chunk is passed on as it is, and what follows is never written behind it', () => {
  const memory = Buffer.from('abcdef')
  const gathered = new GatheredBytes(100)
  gathered.push(memory.subarray(0, 2))
  assert.equal(gathered.take().buffer, memory.buffer)
  gathered.push(memory.subarray(0, 2))
  gathered.push(Buffer.from('XY'))
  assert.equal(gathered.take().toString(), 'abXY')
  assert.equal(memory.toString(), 'abcdef')
})

test('a million chunks of one byte take no more than what they hold', () => {
  const bytes = 1_000_000
  const gathered = new GatheredBytes(bytes)
  for (let pushed = 0; pushed < bytes; pushed++) gathered.push(Buffer.from('x'))
  const all = gathered.take()
  assert.equal(all.length, bytes)
  assert.ok(all.buffer.byteLength <= bytes, 'nothing is set aside beyond the limit')
})
