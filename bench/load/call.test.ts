import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callNumber, firstCallNumber, isNumbered, numbered } from './call.ts'

const call = { url: 'http://here', path: '/', headers: { 'idempotency-key': `k-${callNumber}` }, body: '{"text":"x"}' }

test('a call has its number in headers and body, and keeps its length', () => {
  const body = `{"text":"${callNumber} ${callNumber}"}`
  const number = firstCallNumber()
  const { headers, body: written } = numbered({ ...call, body }, number)
  assert.deepEqual(headers, { 'idempotency-key': `k-${number}` })
  assert.equal(written, `{"text":"${number} ${number}"}`)
  assert.equal(written.length, body.length)
})

test('a call without a place for a number is none that is numbered', () => {
  assert.equal(isNumbered(call), true)
  assert.equal(isNumbered({ ...call, headers: {} }), false)
  assert.equal(isNumbered({ ...call, headers: {}, body: callNumber }), true)
})
