import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from './dialect.ts'
import { dialects } from './dialects.ts'

const chat = (message: object, reason: unknown) => ({ choices: [{ index: 0, message, finish_reason: reason }] })
const response = (given: object, content: readonly object[] = []) => ({
  status: 'completed',
  output: [{ type: 'message', content }],
  ...given,
})
const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }

for (const [dialect, body, finish] of [
  ['openai-chat', chat({ content: 'x' }, 'stop'), 'stop'],
  ['openai-chat', chat({ content: 'x' }, 'length'), 'length'],
  ['openai-chat', chat({ content: 'x' }, 'content_filter'), 'refusal'],
  ['openai-chat', chat({ content: null, refusal: 'No.' }, 'stop'), 'refusal'],
  ['openai-chat', chat({ content: null, tool_calls: [{}] }, 'stop'), 'tool-calls'],
  ['openai-chat', chat({ content: 'x' }, null), undefined],
  ['openai-chat', { choices: [...chat({}, 'stop').choices, ...chat({}, 'length').choices] }, 'length'],
  ['openai-completions', { choices: [{ text: 'x', finish_reason: 'length' }] }, 'length'],
  ['openai-responses', response({}), 'stop'],
  ['openai-responses', response(cut), 'length'],
  ['openai-responses', response({}, [{ type: 'refusal', refusal: 'No.' }]), 'refusal'],
  ['anthropic-messages', { content: [], stop_reason: 'end_turn' }, 'stop'],
  ['anthropic-messages', { content: [], stop_reason: 'max_tokens' }, 'length'],
  ['anthropic-messages', { content: [], stop_reason: 'refusal' }, 'refusal'],
  ['anthropic-messages', { content: [] }, undefined],
] as const) {
  test(`${dialect}: an answer that ended with ${finish}: ${JSON.stringify(body)}`, () => {
    assert.equal(dialects[dialect].ask.finishOf?.(body as unknown as JsonObject), finish)
  })
}

const piece = (delta: object, reason: string | null = null, index = 0) => ({
  choices: [{ index, delta, finish_reason: reason }],
})
const said = { type: 'message_delta', delta: { stop_reason: 'max_tokens' } }

for (const [dialect, events, finish] of [
  ['openai-chat', [piece({ content: 'x' }), piece({}, 'stop')], 'stop'],
  ['openai-chat', [piece({ content: 'x' }), piece({}, 'length')], 'length'],
  ['openai-chat', [piece({ refusal: 'No.' }), piece({}, 'stop')], 'refusal'],
  ['openai-chat', [piece({ content: 'x' }, 'length'), piece({ content: 'y' }, 'stop', 1)], 'length'],
  ['openai-completions', [{ choices: [{ index: 0, text: 'x', finish_reason: 'length' }] }], 'length'],
  ['openai-responses', [{ type: 'response.incomplete', response: { ...cut, output: [] } }], 'length'],
  ['anthropic-messages', [said], 'length'],
] as const) {
  test(`${dialect}: a stream that ended with ${finish}: ${JSON.stringify(events)}`, () => {
    const reader = dialects[dialect].ask.readStream?.({ hidesUsage: false })
    assert.ok(reader)
    assert.equal(reader.finish, undefined)
    for (const event of events) reader.read({ event: '', data: JSON.stringify(event) })
    assert.equal(reader.finish, finish)
  })
}
