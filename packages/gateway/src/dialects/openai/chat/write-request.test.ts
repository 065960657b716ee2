import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatRequest } from '../../../kernel/chat.ts'
import { isStrict } from './strict-schema.ts'
import { writeChatRequest } from './write-request.ts'

const messages: ChatRequest['messages'] = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]
const wish = { model: 'gpt-4o-mini', stream: false, tellsStreamUsage: true }
const write = (chat: ChatRequest, stream = false) => writeChatRequest([chat], { ...wish, stream })

test('the plainest chat is the plainest request', () => {
  assert.deepEqual(write({ messages }), { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })
})

test("a stream's usage is asked for where upstream knows how to tell it", () => {
  assert.deepEqual(write({ messages }, true).stream_options, { include_usage: true })
  const silent = writeChatRequest([{ messages }], { ...wish, stream: true, tellsStreamUsage: false })
  assert.deepEqual([silent.stream, silent.stream_options], [true, undefined])
})

test('the limit of an answer goes by the word that upstream knows', () => {
  const chat = { messages, outputTokensMax: 5 }
  assert.equal(write(chat).max_completion_tokens, 5)
  const older = writeChatRequest([chat], { ...wish, outputLimitField: 'max_tokens' })
  assert.deepEqual([older.max_tokens, older.max_completion_tokens], [5, undefined])
})

test('what Google signed a call with goes back to its models only: other vendors refuse the field', () => {
  const call = { type: 'tool-call', id: 'a', tool: 'look', arguments: '{}', signature: 's' } as const
  const asked = (model: string) => {
    const { messages } = writeChatRequest([{ messages: [{ role: 'assistant', content: [call] }] }], { ...wish, model })
    return (messages as { tool_calls: { extra_content?: unknown }[] }[])[0]?.tool_calls[0]?.extra_content
  }
  assert.deepEqual(asked('google/gemini-3-pro'), { google: { thought_signature: 's' } })
  assert.equal(asked('gpt-4.1'), undefined)
})

test('what the protocol has no words for is refused by name', () => {
  const cannot = (field: string) => ({ code: 'unsupported', message: `"${field}" cannot be passed to this model` })
  assert.throws(() => write({ messages, topK: 5 }), cannot('topK'))
  assert.throws(() => write({ messages, reasoning: { tokensMax: 9 } }), cannot('reasoning.tokensMax'))
  const flac = { type: 'audio', mediaType: 'audio/flac', base64: '' } as const
  assert.throws(() => write({ messages: [{ role: 'user', content: [flac] }] }), cannot('audio/flac'))
  const image = { type: 'image', source: { url: 'https://images.example/a.png' } } as const
  const result = { type: 'tool-result', id: 'c', content: [image] } as const
  assert.throws(() => write({ messages: [{ role: 'tool', content: [result] }] }), cannot('tool-result.image'))
})

test('reasoning of earlier turns is left out, calls and their results are told one by one', () => {
  const chat: ChatRequest = {
    messages: [
      ...messages,
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.', signature: 's' },
          { type: 'tool-call', id: 'a', tool: 'look', arguments: '{}' },
          { type: 'tool-call', id: 'b', tool: 'look', arguments: '{"x":1}' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', id: 'a', content: [{ type: 'text', text: 'seen' }] },
          { type: 'tool-result', id: 'b', content: [{ type: 'text', text: 'dark' }], failed: true },
        ],
      },
    ],
  }
  assert.deepEqual(write(chat).messages, [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } },
        { id: 'b', type: 'function', function: { name: 'look', arguments: '{"x":1}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'seen' },
    {
      role: 'tool',
      tool_call_id: 'b',
      content: [
        { type: 'text', text: 'The tool failed.' },
        { type: 'text', text: 'dark' },
      ],
    },
  ])
})

test('strictness is asked for where the schema can be kept strictly', () => {
  const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const format = (schema: object) => write({ messages, responseFormat: { type: 'json', schema } }).response_format
  assert.deepEqual(format(closed), {
    type: 'json_schema',
    json_schema: { name: 'answer', schema: closed, strict: true },
  })
  const open = { type: 'object' }
  assert.deepEqual(format(open), { type: 'json_schema', json_schema: { name: 'answer', schema: open } })
  const within = (schema: object) => isStrict({ ...closed, properties: { a: schema } })
  assert.ok(within({ type: 'array', items: closed }))
  assert.ok(within({ anyOf: [{ type: ['string', 'null'], enum: ['x', null] }, closed] }))
  for (const loose of [
    { type: 'array', items: open },
    { ...closed, required: [] },
    { ...closed, additionalProperties: true },
    { oneOf: [closed] },
    { type: 'string', minLength: 1 },
    { type: 'string', format: 'byte' },
    { constructor: 1 },
  ]) {
    assert.ok(!within(loose), JSON.stringify(loose))
  }
  assert.ok(!isStrict({ type: 'string' }))
})
