import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chatRequestSchema } from '../../../kernel/chat-schema.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import type { JsonObject } from '../../dialect.ts'
import { readRequest } from './read-request.ts'

const fits = compileSchema(chatRequestSchema)

test('a whole conversation is read, one message for what a side says in a row', () => {
  const [chat] = readRequest({
    model: 'support-chat',
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'Answer in German.' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is on it?' },
          { type: 'input_image', image_url: 'https://images.example/a.png', detail: 'low' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' },
        ],
      },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [
          { type: 'summary_text', text: 'First.' },
          { type: 'summary_text', text: 'Second.' },
        ],
        encrypted_content: 'gAAAA',
      },
      {
        type: 'message',
        id: 'msg_1',
        status: 'completed',
        role: 'assistant',
        phase: 'commentary',
        content: [
          { type: 'output_text', text: 'I look.', annotations: [], logprobs: [] },
          { type: 'refusal', refusal: 'Not that.' },
        ],
      },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'zoom', arguments: '{}', status: 'completed' },
      { type: 'function_call', call_id: 'call_2', name: 'zoom', arguments: '{"x":2}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'A cat' },
      {
        type: 'function_call_output',
        call_id: 'call_2',
        output: [
          { type: 'input_text', text: 'A dog' },
          { type: 'input_image', image_url: 'data:image/png;base64,CCCC', detail: 'auto' },
        ],
      },
    ],
  })
  assert.deepEqual(chat.messages, [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    { role: 'system', content: [{ type: 'text', text: 'Answer in German.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is on it?' },
        { type: 'image', source: { url: 'https://images.example/a.png' }, detail: 'low' },
        { type: 'image', source: { mediaType: 'image/png', base64: 'AAAA' } },
        { type: 'file', mediaType: 'application/pdf', base64: 'BBBB', name: 'a.pdf' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'First.\n\nSecond.', redacted: 'gAAAA' },
        { type: 'text', text: 'I look.' },
        { type: 'text', text: 'Not that.' },
        { type: 'tool-call', id: 'call_1', tool: 'zoom', arguments: '{}' },
        { type: 'tool-call', id: 'call_2', tool: 'zoom', arguments: '{"x":2}' },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', id: 'call_1', content: [{ type: 'text', text: 'A cat' }] },
        {
          type: 'tool-result',
          id: 'call_2',
          content: [
            { type: 'text', text: 'A dog' },
            { type: 'image', source: { mediaType: 'image/png', base64: 'CCCC' }, detail: 'auto' },
          ],
        },
      ],
    },
  ])
  assert.equal(fits(chat, ''), undefined)
})

test('every option has its canonical name', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } }
  const [chat] = readRequest({
    input: 'Hello',
    tools: [
      { type: 'function', name: 'weather', description: 'Of a city', parameters, strict: true },
      { type: 'function', name: 'now', parameters: null, strict: null },
    ],
    tool_choice: { type: 'function', name: 'weather' },
    parallel_tool_calls: false,
    text: {
      format: { type: 'json_schema', name: 'reply', schema: { type: 'object' }, strict: true },
      verbosity: 'medium',
    },
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    reasoning: { effort: 'xhigh', summary: 'auto' },
    top_logprobs: 3,
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
  })
  const { messages, ...options } = chat
  assert.deepEqual(messages, [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }])
  assert.deepEqual(options, {
    tools: [
      { name: 'weather', description: 'Of a city', parameters, strict: true },
      { name: 'now', parameters: { type: 'object', properties: {} } },
    ],
    toolChoice: { tool: 'weather' },
    parallelToolCalls: false,
    responseFormat: { type: 'json', name: 'reply', schema: { type: 'object' } },
    outputTokensMax: 100,
    temperature: 0.5,
    topP: 0.9,
    reasoning: { effort: 'xhigh' },
    logprobs: 3,
  })
  assert.equal(fits(chat, ''), undefined)
})

test('the description of an answer goes into its schema, where models read it as well', () => {
  const format = { type: 'json_schema', name: 'reply', description: 'A reply', schema: { description: 'Short' } }
  const [chat] = readRequest({ input: 'Hello', text: { format } })
  assert.deepEqual(chat.responseFormat, { type: 'json', name: 'reply', schema: { description: 'A reply\nShort' } })
})

test('what changes no answer passes in silence, and null counts as left out', () => {
  const [chat] = readRequest({
    model: 'm',
    input: 'Hello',
    stream: true,
    stream_options: { include_obfuscation: false },
    user: 'u',
    safety_identifier: 's',
    metadata: { a: 'b' },
    prompt_cache_key: 'k',
    service_tier: 'auto',
    truncation: 'disabled',
    store: false,
    include: ['reasoning.encrypted_content'],
    text: { format: null },
    reasoning: { effort: null, summary: 'detailed' },
    temperature: null,
    max_tool_calls: null,
    top_logprobs: 0,
  })
  assert.deepEqual(Object.keys(chat), ['messages'])
})

const refused: readonly (readonly [JsonObject, string])[] = [
  [{ max_tool_calls: 2 }, '/max_tool_calls'],
  [{ prompt: { id: 'pmpt_1' } }, '/prompt'],
  [{ truncation: 'auto' }, '/truncation'],
  [{ service_tier: 'flex' }, '/service_tier'],
  [{ temprature: 1 }, '/temprature'],
  [{ 'a/b~': 1 }, '/a~1b~0'],
  [{ text: { verbosity: 'low' } }, '/text/verbosity'],
  [{ text: { format: { type: 'grammar' } } }, '/text/format/type'],
  [{ reasoning: { effort: 'max' } }, '/reasoning/effort'],
  [{ reasoning: { mode: 'pro' } }, '/reasoning/mode'],
  [{ include: ['file_search_call.results'] }, '/include/0'],
  [{ tools: [{ type: 'web_search' }] }, '/tools/0/type'],
  [{ tools: [{ type: 'function', name: 'a', defer_loading: true }] }, '/tools/0/defer_loading'],
  [{ tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, '/tool_choice/type'],
  [{ input: [{ type: 'web_search_call', id: 'ws_1' }] }, '/input/0/type'],
  [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, '/input/0/content/0/file_id'],
  [{ input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, '/input/0/content/0/type'],
  [
    {
      input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://a.example', detail: 'original' }] }],
    },
    '/input/0/content/0/detail',
  ],
  [{ input: [{ role: 'system', content: [{ type: 'input_image' }] }] }, '/input/0/content/0/type'],
]

for (const [members, path] of refused) {
  test(`what the canonical form cannot carry is refused by name: ${JSON.stringify(members)}`, () => {
    assert.deepEqual(fault({ input: 'Hello', ...members }), ['unsupported', path])
  })
}

const unreadable: readonly (readonly [JsonObject, string])[] = [
  [{ temperature: 'hot' }, '/temperature'],
  [{ temperature: 3 }, '/temperature'],
  [{ max_output_tokens: 1.5 }, '/max_output_tokens'],
  [{ top_logprobs: 21 }, '/top_logprobs'],
  [{ tool_choice: 'any' }, '/tool_choice'],
  [{ tools: {} }, '/tools'],
  [{ input: [{ role: 'robot', content: 'a' }] }, '/input/0/role'],
  [{ input: [{ role: 'user' }] }, '/input/0/content'],
  [{ input: [{ type: 'function_call', call_id: 'a', name: 'b' }] }, '/input/0/arguments'],
  [{ input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'AAAA' }] }] }, '/input/0/content/0/file_data'],
]

for (const [members, path] of unreadable) {
  test(`what cannot be read is refused with its place: ${JSON.stringify(members)}`, () => {
    assert.deepEqual(fault({ input: 'Hello', ...members }), ['invalid_input', path])
  })
}

function fault(body: JsonObject): readonly unknown[] {
  try {
    readRequest(body)
  } catch (thrown) {
    if (thrown instanceof AstraError) return [thrown.code, thrown.facts.violations?.[0]?.path]
  }
  return ['read']
}
