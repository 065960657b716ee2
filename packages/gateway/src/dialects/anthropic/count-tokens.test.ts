import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anthropicCountTokens } from './count-tokens.ts'

const { accept, ask } = anthropicCountTokens
const messages = [{ role: 'user', content: 'hi' }]
const facts = { callId: '7', model: 'm', created: 0, request: {}, usage: {} }

test('a request needs no bound on its answer', () => {
  assert.deepEqual(accept.check({ messages }), { items: 1, stream: false })
  assert.throws(() => accept.check({ messages: [] }), { code: 'invalid_input' })
  assert.deepEqual(accept.readRequest({ messages }), [
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
  ])
})

test('the count is written as it was read', () => {
  const { items } = ask.readAnswer({ input_tokens: 12 })
  assert.deepEqual(items, [{ output: { inputTokens: 12 } }])
  assert.deepEqual(accept.writeAnswer([{ inputTokens: 12 }], facts), { input_tokens: 12 })
  assert.deepEqual(ask.lookAtAnswer({ input_tokens: 12 }), { text: '' })
})

test('what is no count is a failure', () => {
  assert.throws(() => ask.readAnswer({}), { code: 'upstream_failed' })
  assert.throws(() => ask.lookAtAnswer({ error: { type: 'overloaded_error' } }), { code: 'upstream_unavailable' })
  assert.throws(() => accept.writeAnswer([], facts), { code: 'invalid_output' })
})

test('it does not stream', () => {
  assert.equal(accept.writeStream, undefined)
  assert.equal(ask.readStream, undefined)
})
