import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatChunk } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { eventsIn } from './testing/events.ts'
import { writeChatStream } from './write-stream.ts'

const facts = { callId: 'abc', model: 'support-chat', created: 17 }

function written(chunks: readonly ChatChunk[], request: JsonObject = {}): readonly string[] {
  const writer = writeChatStream({ ...facts, request })
  const text = [writer.start(), ...chunks.map(writer.chunk), writer.end({ inputTokens: 1, outputTokens: 2 })].join('')
  assert.ok(text.endsWith('data: [DONE]\n\n'))
  return eventsIn(text).map(({ data }) => data)
}

const head = '{"id":"chatcmpl-abc","object":"chat.completion.chunk","created":17,"model":"support-chat","choices":['
const choice = (delta: JsonObject, finish: string | null = null, index = 0) =>
  JSON.stringify({ index, delta, logprobs: null, finish_reason: finish })

test('role, text, tool calls by place, finish', () => {
  assert.deepEqual(
    written([
      { type: 'reasoning-delta', choice: 0, text: 'Hm' },
      { type: 'reasoning-end', choice: 0, signature: 's' },
      { type: 'text-delta', choice: 0, text: 'Hi' },
      { type: 'tool-call-start', choice: 0, id: 'a', tool: 'look' },
      { type: 'tool-call-start', choice: 0, id: 'b', tool: 'wait' },
      { type: 'tool-call-delta', choice: 0, id: 'a', arguments: '{}' },
      { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
    ]),
    [
      `${head}${choice({ role: 'assistant', content: '' })}]}`,
      `${head}${choice({ reasoning_content: 'Hm' })}]}`,
      `${head}${choice({ content: 'Hi' })}]}`,
      `${head}${choice({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '' } }] })}]}`,
      `${head}${choice({ tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'wait', arguments: '' } }] })}]}`,
      `${head}${choice({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] })}]}`,
      `${head}${choice({}, 'tool_calls')}]}`,
      '[DONE]',
    ],
  )
})

test('every alternative tells its role first', () => {
  const [, second] = written([{ type: 'text-delta', choice: 1, text: 'Hi' }])
  assert.equal(second, `${head}${choice({ role: 'assistant', content: 'Hi' }, null, 1)}]}`)
})

test('usage comes in an event of its own, and only to those who asked', () => {
  const asked = written([], { stream_options: { include_usage: true } })
  assert.equal(asked[0], `${head}${choice({ role: 'assistant', content: '' })}],"usage":null}`)
  assert.equal(asked[1], `${head}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`)
  assert.equal(written([], { stream_options: { include_usage: false } }).length, 2)
})
