import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TokenUsage } from '../../../kernel/answer.ts'
import type { ChatAnswer } from '../../../kernel/chat.ts'
import { arbitraryAnswer } from '../../testing/arbitrary-chat.ts'
import { readAnswer } from './read-answer.ts'
import { writeAnswer } from './write-answer.ts'

const facts = { callId: '7', model: 'support', created: 0, request: {}, usage: {} }

/** Without the bare prototypes of fast-check's records. */
const plain = <T>(value: T): T => structuredClone(value)

function written(choice: ChatAnswer['choices'][number]) {
  return writeAnswer([{ choices: [choice] }], facts)
}

test('a whole message', () => {
  const usage: TokenUsage = {
    inputTokens: 17,
    cachedInputTokens: 5,
    cacheWriteInputTokens: 2,
    outputTokens: 7,
    reasoningTokens: 3,
  }
  const output: ChatAnswer = {
    choices: [
      {
        content: [
          { type: 'reasoning', text: 'hm', signature: 'sig' },
          { type: 'reasoning', text: 'unsigned' },
          { type: 'reasoning', text: '', redacted: 'secret' },
          { type: 'text', text: 'Hello' },
          { type: 'tool-call', id: 't1', tool: 'look', arguments: '{"at":"sky"}' },
        ],
        finishReason: 'tool-calls',
      },
    ],
  }
  assert.deepEqual(writeAnswer([output], { ...facts, usage }), {
    id: 'msg_7',
    type: 'message',
    role: 'assistant',
    model: 'support',
    content: [
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
      { type: 'thinking', thinking: 'unsigned', signature: '' },
      { type: 'redacted_thinking', data: 'secret' },
      { type: 'text', text: 'Hello' },
      { type: 'tool_use', id: 't1', name: 'look', input: { at: 'sky' } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 2,
      cache_read_input_tokens: 5,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 3 },
    },
  })
})

test('clients run tools on tool_use only, whatever the vendor calls the end of such an answer', () => {
  const call = { type: 'tool-call' as const, id: 'a', tool: 'b', arguments: '' }
  assert.equal(written({ content: [call], finishReason: 'stop' }).stop_reason, 'tool_use')
  assert.equal(written({ content: [call], finishReason: 'length' }).stop_reason, 'max_tokens')
  assert.equal(written({ content: [], finishReason: 'stop' }).stop_reason, 'end_turn')
  assert.equal(written({ content: [], finishReason: 'other' }).stop_reason, 'end_turn')
})

test('arguments that are no JSON object break the contract', () => {
  for (const argumentsText of ['{"at":', '[1]', 'sky']) {
    const call = { type: 'tool-call' as const, id: 'a', tool: 'b', arguments: argumentsText }
    assert.throws(() => written({ content: [call], finishReason: 'tool-calls' }), { code: 'invalid_output' })
  }
  assert.throws(() => writeAnswer([{ choices: [] }], facts), { code: 'invalid_output' })
})

test('what is written is read as it was', () => {
  const counts = fc.record({
    inputTokens: fc.integer({ min: 2000, max: 9000 }),
    cachedInputTokens: fc.nat(1000),
    cacheWriteInputTokens: fc.nat(1000),
    outputTokens: fc.nat(1000),
    reasoningTokens: fc.nat(1000),
  })
  const features = { reasoningParts: true, signatures: true }
  fc.assert(
    fc.property(arbitraryAnswer(features).map(plain), counts.map(plain), (output, usage) => {
      const body = JSON.parse(JSON.stringify(writeAnswer([output], { ...facts, usage })))
      assert.deepEqual(readAnswer(body), { items: [{ output }], usage })
    }),
  )
})
