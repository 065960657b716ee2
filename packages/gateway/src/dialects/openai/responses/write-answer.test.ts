import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatAnswer } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { facts } from './testing/events.ts'
import { writeAnswer } from './write-answer.ts'

function written(choices: ChatAnswer['choices']): JsonObject {
  return writeAnswer([{ choices }], facts)
}

test('every part of an answer is an item in its order', () => {
  const body = written([
    {
      content: [
        { type: 'reasoning', text: 'Think.', redacted: 'gAAAA' },
        { type: 'text', text: 'Hi' },
        { type: 'tool-call', id: 'call_1', tool: 'zoom', arguments: '{}' },
      ],
      finishReason: 'tool-calls',
    },
  ])
  assert.deepEqual(body.output, [
    {
      id: 'rs_0191-call_0',
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'Think.' }],
      encrypted_content: 'gAAAA',
    },
    {
      id: 'msg_0191-call_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
    },
    {
      id: 'fc_0191-call_2',
      type: 'function_call',
      call_id: 'call_1',
      name: 'zoom',
      arguments: '{}',
      status: 'completed',
    },
  ])
  assert.deepEqual(body.usage, {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 19,
  })
})

test('of an answer that was cut off, the last item alone is incomplete', () => {
  const body = written([
    {
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'tool-call', id: 'call_1', tool: 'zoom', arguments: '{' },
      ],
      finishReason: 'length',
    },
  ])
  assert.equal(body.status, 'incomplete')
  const output = body.output as readonly { readonly status: string }[]
  assert.deepEqual(
    output.map(({ status }) => status),
    ['completed', 'incomplete'],
  )
})

test('an answer without a choice, and usage that nobody knows, are told as such', () => {
  const body = writeAnswer([{ choices: [] }], { ...facts, usage: {} })
  assert.deepEqual([body.status, body.output, body.usage], ['completed', [], null])
})
