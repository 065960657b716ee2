import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../../kernel/errors.ts'
import { lookAtAnswer, readAnswer } from './read-answer.ts'

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'sig' },
    { type: 'thinking', thinking: 'unsigned', signature: '' },
    { type: 'redacted_thinking', data: 'secret' },
    { type: 'text', text: 'Hello', citations: null },
    { type: 'tool_use', id: 't1', name: 'look', input: { at: 'sky' } },
    { type: 'a_block_of_tomorrow', of: 1 },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: {
    input_tokens: 10,
    cache_read_input_tokens: 5,
    cache_creation_input_tokens: 2,
    output_tokens: 7,
    output_tokens_details: { thinking_tokens: 3 },
    service_tier: 'standard',
  },
}
const usage = {
  inputTokens: 17,
  cachedInputTokens: 5,
  cacheWriteInputTokens: 2,
  outputTokens: 7,
  reasoningTokens: 3,
}

test('a whole message; blocks of kinds that nobody asked for are passed over', () => {
  const content = [
    { type: 'reasoning', text: 'hm', signature: 'sig' },
    { type: 'reasoning', text: 'unsigned' },
    { type: 'reasoning', text: '', redacted: 'secret' },
    { type: 'text', text: 'Hello' },
    { type: 'tool-call', id: 't1', tool: 'look', arguments: '{"at":"sky"}' },
  ]
  const output = { choices: [{ content, finishReason: 'tool-calls' }] }
  assert.deepEqual(readAnswer(message), { items: [{ output }], usage })
})

test('to pass an answer on, its usage and all that the model said are enough', () => {
  assert.deepEqual(lookAtAnswer(message), { usage, text: 'hmunsignedHello{"at":"sky"}' })
})

const reasons = [
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'refusal'],
  ['pause_turn', 'other'],
  [null, 'other'],
] as const

for (const [stop_reason, finishReason] of reasons) {
  test(`${stop_reason} is read as ${finishReason}`, () => {
    const output = { choices: [{ content: [], finishReason }] }
    assert.deepEqual(readAnswer({ content: [], stop_reason }), { items: [{ output }] })
  })
}

test('usage is left out where upstream told none, or told nonsense', () => {
  for (const told of [undefined, null, {}, { input_tokens: -1 }, { input_tokens: '5' }]) {
    assert.deepEqual(lookAtAnswer({ content: [], usage: told }), { text: '' })
  }
})

const broken = [
  {},
  { content: 'text' },
  { content: [{ type: 'text' }] },
  { content: [{ type: 'tool_use', id: 't', input: {} }] },
]

for (const body of broken) {
  test(`${JSON.stringify(body)} is no message`, () => {
    assert.throws(() => readAnswer(body), { code: 'upstream_failed' })
  })
}

test('an error inside a 200 is the error that it says', () => {
  const body = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
  assert.throws(() => readAnswer(body), { code: 'upstream_unavailable' })
  assert.throws(() => lookAtAnswer(body), { code: 'upstream_unavailable' })
})

test('whatever upstream answers, nothing but an AstraError is thrown', () => {
  const type = fc.constantFrom('text', 'thinking', 'redacted_thinking', 'tool_use')
  const block = fc.record({ type, text: fc.jsonValue(), thinking: fc.jsonValue(), id: fc.jsonValue() })
  const content = fc.array(fc.oneof(block, fc.jsonValue(), fc.constant({ type: { toString: 1 } })))
  fc.assert(
    fc.property(content, fc.jsonValue(), fc.jsonValue(), (blocks, stop_reason, usage) => {
      const body = { content: blocks, stop_reason, usage }
      for (const look of [readAnswer, lookAtAnswer]) {
        try {
          look(body)
        } catch (error) {
          assert.ok(error instanceof AstraError, String(error))
        }
      }
    }),
  )
})
