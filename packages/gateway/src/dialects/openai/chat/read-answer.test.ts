import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatAnswer } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { openaiChat } from '../chat.ts'

const { ask, accept } = openaiChat
const answered = (message: JsonObject, reason: unknown = 'stop'): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }],
})

function choice(body: JsonObject): ChatAnswer['choices'][number] {
  const [item] = ask.readAnswer(body).items
  assert.ok(item && 'output' in item)
  const [first] = (item.output as ChatAnswer).choices
  assert.ok(first)
  return first
}

test('a documented answer with a tool call, usage in detail', () => {
  const body = {
    ...answered(
      {
        content: null,
        refusal: null,
        tool_calls: [{ id: 'call_9', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } }],
      },
      'tool_calls',
    ),
    usage: {
      prompt_tokens: 82,
      completion_tokens: 17,
      total_tokens: 99,
      prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
    system_fingerprint: 'fp',
  }
  assert.deepEqual(choice(body), {
    content: [{ type: 'tool-call', id: 'call_9', tool: 'weather', arguments: '{"city":"Bonn"}' }],
    finishReason: 'tool-calls',
  })
  const usage = { inputTokens: 82, cachedInputTokens: 64, outputTokens: 17, reasoningTokens: 5 }
  assert.deepEqual(ask.readAnswer(body).usage, usage)
  assert.deepEqual(ask.lookAtAnswer(body), { usage, text: '{"city":"Bonn"}' })
})

test('the forms that other servers use are understood', () => {
  assert.deepEqual(choice(answered({ content: 'Hi', reasoning: 'Hm' }, null)), {
    content: [
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi' },
    ],
    finishReason: 'other',
  })
  const parts = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
  ]
  assert.deepEqual(choice(answered({ content: parts })).content, [{ type: 'text', text: 'ab' }])
  const call = { function: { name: 'look', arguments: { at: 1 } } }
  assert.deepEqual(choice(answered({ tool_calls: [call, { ...call, function: { name: 'wait' } }] })), {
    content: [
      { type: 'tool-call', id: 'call_0', tool: 'look', arguments: '{"at":1}' },
      { type: 'tool-call', id: 'call_1', tool: 'wait', arguments: '{}' },
    ],
    finishReason: 'tool-calls',
  })
  const refusal = choice(answered({ content: null, refusal: 'No.' }))
  assert.deepEqual([refusal.content, refusal.finishReason], [[{ type: 'text', text: 'No.' }], 'refusal'])
  const deepseek = {
    ...answered({ content: 'x' }),
    usage: { prompt_tokens: 9, completion_tokens: 1, prompt_cache_hit_tokens: 8 },
  }
  assert.deepEqual(ask.lookAtAnswer(deepseek).usage, { inputTokens: 9, outputTokens: 1, cachedInputTokens: 8 })
})

test('an error inside a 200 is an error, on both ways', () => {
  const body = { error: { message: 'slow down', type: 'rate_limit_error' } }
  for (const read of [ask.readAnswer, ask.lookAtAnswer]) {
    assert.throws(() => read(body), { code: 'upstream_unavailable' })
    assert.throws(() => read({ error: 'out of memory' }), { code: 'upstream_failed' })
    assert.throws(() => read({ object: 'chat.completion', choices: [] }), { code: 'upstream_failed' })
    assert.throws(() => read({ choices: ['x'] }), { code: 'upstream_failed' })
  }
  assert.throws(() => ask.readAnswer({ choices: [{}] }), { code: 'upstream_failed' })
  assert.throws(() => ask.readAnswer(answered({ tool_calls: [{}] })), { code: 'upstream_failed' })
  assert.throws(() => ask.readAnswer(answered({ content: 'half' }, 'error')), { code: 'upstream_failed' })
})

test('an answer in the form that clients expect', () => {
  const output: ChatAnswer = {
    choices: [
      {
        content: [
          { type: 'reasoning', text: 'Hm.', signature: 's' },
          { type: 'text', text: 'One ' },
          { type: 'text', text: 'two' },
          { type: 'tool-call', id: 'c', tool: 'look', arguments: '{}' },
        ],
        finishReason: 'tool-calls',
      },
    ],
  }
  const facts = {
    callId: 'abc',
    model: 'support-chat',
    created: 1700000000,
    request: {},
    usage: { inputTokens: 3, outputTokens: 4 },
  }
  assert.deepEqual(accept.writeAnswer([output], facts), {
    id: 'chatcmpl-abc',
    object: 'chat.completion',
    created: 1700000000,
    model: 'support-chat',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'One two',
          refusal: null,
          reasoning_content: 'Hm.',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  })
  assert.equal('usage' in accept.writeAnswer([output], { ...facts, usage: {} }), false)
})
