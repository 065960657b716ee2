import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { lookAtAnswer, readAnswer } from './read-answer.ts'

const answered: JsonObject = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  error: null,
  output: [
    { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAAA' },
    { id: 'ws_1', type: 'web_search_call', status: 'completed' },
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
    },
    { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'zoom', arguments: '{"x":1}', status: 'completed' },
  ],
  usage: {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 5 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 4 },
    total_tokens: 29,
  },
}
const usage = { inputTokens: 20, cachedInputTokens: 5, outputTokens: 9, reasoningTokens: 4 }

test('an answer is read with its usage; items of hosted tools are passed over', () => {
  assert.deepEqual(readAnswer(answered), {
    items: [
      {
        output: {
          choices: [
            {
              content: [
                { type: 'reasoning', text: '', redacted: 'gAAAA' },
                { type: 'text', text: 'Hi' },
                { type: 'tool-call', id: 'call_1', tool: 'zoom', arguments: '{"x":1}' },
              ],
              finishReason: 'tool-calls',
            },
          ],
        },
      },
    ],
    usage,
  })
  assert.deepEqual(lookAtAnswer(answered), { text: '\nHi\n{"x":1}', usage })
})

const refusal = [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }]
const finishes: readonly (readonly [JsonObject, string])[] = [
  [{ status: 'completed', output: [] }, 'stop'],
  [{ status: 'completed', output: refusal }, 'refusal'],
  [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] }, 'length'],
  [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] }, 'refusal'],
  [{ status: 'incomplete', incomplete_details: { reason: 'steered' }, output: [] }, 'other'],
  [{ status: 'incomplete', output: [] }, 'other'],
]

for (const [body, finishReason] of finishes) {
  test(`${JSON.stringify(body)} finished by ${finishReason}`, () => {
    const [item] = readAnswer(body).items
    assert.ok(item && 'output' in item)
    assert.equal((item.output as { choices: { finishReason: string }[] }).choices[0]?.finishReason, finishReason)
  })
}

const failures: readonly (readonly [JsonObject, string])[] = [
  [{ status: 'failed', error: { code: 'server_error', message: 'Oops' }, output: [] }, 'upstream_failed'],
  [{ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow' }, output: [] }, 'upstream_unavailable'],
  [{ status: 'failed', error: { code: 'invalid_prompt', message: 'Not this' }, output: [] }, 'invalid_input'],
  [{ status: 'failed', error: { code: 'image_too_large', message: 'Big' }, output: [] }, 'invalid_input'],
  [{ error: { type: 'invalid_request_error', message: 'Bad' } }, 'invalid_input'],
  [{ status: 'failed', output: [] }, 'upstream_failed'],
  [{ status: 'queued', output: [] }, 'upstream_failed'],
  [{ status: 'completed' }, 'upstream_failed'],
  [{ status: 'completed', output: [{ type: 'function_call', arguments: '{}' }] }, 'upstream_failed'],
]

for (const [body, code] of failures) {
  test(`${JSON.stringify(body)} inside a 200 is ${code}, read or looked at`, () => {
    for (const read of [readAnswer, lookAtAnswer]) {
      assert.throws(
        () => read(body),
        (thrown) => thrown instanceof AstraError && thrown.code === code,
      )
    }
  })
}
