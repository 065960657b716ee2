import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chatRequestSchema } from '../../../kernel/chat-schema.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import type { JsonObject } from '../../dialect.ts'
import { readChatRequest } from './read-request.ts'

const messages = [{ role: 'user', content: 'Hi' }]

/** Code, first place and public detail of what is thrown. */
function refusal(run: () => unknown): readonly unknown[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof AstraError)
    return [error.code, error.facts.violations?.[0]?.path, error.facts.detail]
  }
  return []
}

const refused = (fields: JsonObject) => refusal(() => readChatRequest({ model: 'm', messages, ...fields }))

test('a whole request in its canonical form', () => {
  const request = readChatRequest({
    model: 'support-chat',
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?', prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'image_url', image_url: { url: 'data:image/PNG;base64,iVBORw==', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'https://images.example/cat.jpg' } },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        refusal: null,
        annotations: [],
        reasoning_content: 'Look it up.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"cat"}' }, index: 0 },
          { id: 'call_2', type: 'function', function: { name: 'wait', arguments: '', parsed_arguments: null } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'a cat', name: 'look' },
      { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'done' }] },
      { role: 'assistant', content: '', refusal: 'I would rather not say.' },
      { role: 'user', content: 'Why?' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'look', description: 'Looks', parameters: { type: 'object' }, strict: true },
      },
      { type: 'function', function: { name: 'wait' } },
    ],
    tool_choice: { type: 'function', function: { name: 'look' } },
    parallel_tool_calls: false,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'animal', description: 'An animal', strict: true, schema: { type: 'object' } },
    },
    max_completion_tokens: 100,
    max_tokens: null,
    temperature: 0.5,
    top_p: 0.9,
    stop: 'END',
    seed: 7,
    frequency_penalty: 0,
    presence_penalty: -1,
    n: 1,
    logprobs: true,
    top_logprobs: 2,
    reasoning_effort: 'low',
    user: 'u1',
    metadata: { team: 'a' },
    store: false,
    service_tier: 'auto',
    logit_bias: null,
  })
  assert.deepEqual(request, {
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { mediaType: 'image/png', base64: 'iVBORw==' }, detail: 'low' },
          { type: 'image', source: { url: 'https://images.example/cat.jpg' } },
          { type: 'audio', mediaType: 'audio/wav', base64: 'UklGRg==' },
          { type: 'file', mediaType: 'application/pdf', base64: 'JVBERg==', name: 'a.pdf' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Look it up.' },
          { type: 'tool-call', id: 'call_1', tool: 'look', arguments: '{"at":"cat"}' },
          { type: 'tool-call', id: 'call_2', tool: 'wait', arguments: '{}' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', id: 'call_1', content: [{ type: 'text', text: 'a cat' }] },
          { type: 'tool-result', id: 'call_2', content: [{ type: 'text', text: 'done' }] },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'I would rather not say.' }] },
      { role: 'user', content: [{ type: 'text', text: 'Why?' }] },
    ],
    tools: [
      { name: 'look', description: 'Looks', parameters: { type: 'object' }, strict: true },
      { name: 'wait', parameters: { type: 'object', properties: {} } },
    ],
    toolChoice: { tool: 'look' },
    parallelToolCalls: false,
    responseFormat: { type: 'json', name: 'animal', schema: { type: 'object', description: 'An animal' } },
    outputTokensMax: 100,
    temperature: 0.5,
    topP: 0.9,
    stop: ['END'],
    seed: 7,
    presencePenalty: -1,
    logprobs: 2,
    reasoning: { effort: 'low' },
  })
  assert.equal(compileSchema(chatRequestSchema)(request, ''), undefined)
})

test("what Google's servers sign a tool call with is carried, and nothing else that a vendor adds to one", () => {
  const read = (extra: unknown) => {
    const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' }, extra_content: extra }
    const [message] = readChatRequest({ messages: [{ role: 'assistant', tool_calls: [call] }] }).messages
    return message?.content[0]
  }
  const call = { type: 'tool-call', id: 'a', tool: 'look', arguments: '{}' }
  assert.deepEqual(read({ google: { thought_signature: 'sig' } }), { ...call, signature: 'sig' })
  for (const none of [null, {}, { google: null }, { google: { thought_signature: '' } }]) {
    assert.deepEqual(read(none), call)
  }
  assert.throws(() => read({ vendor: 1 }), { message: /"messages\.tool_calls\.extra_content\.vendor"/ })
  assert.throws(() => read({ google: { x: 1 } }), { message: /"messages\.tool_calls\.extra_content\.google\.x"/ })
  assert.throws(() => read('sig'), { code: 'invalid_input' })
})

test('what the canonical form cannot carry is refused by name, never dropped', () => {
  const fields: Record<string, unknown> = {
    logit_bias: { 50256: -100 },
    prediction: { type: 'content', content: 'x' },
    modalities: ['text', 'audio'],
    audio: { voice: 'alloy', format: 'mp3' },
    web_search_options: {},
    verbosity: 'low',
    service_tier: 'priority',
    functions: [],
    min_p: 0.1,
    constructor: 1,
  }
  for (const [field, value] of Object.entries(fields)) {
    assert.deepEqual(refused({ [field]: value }), [
      'unsupported',
      `/${field}`,
      `"${field}" cannot be passed to this model`,
    ])
  }
})

test('the same holds below the top', () => {
  const ofMessage = (message: JsonObject) => refused({ messages: [...messages, message] }).slice(1)
  const cannot = (field: string) => `"${field}" cannot be passed to this model`
  assert.deepEqual(ofMessage({ role: 'user', content: 'x', name: 'ann' }), [
    '/messages/1/name',
    cannot('messages.name'),
  ])
  assert.deepEqual(ofMessage({ role: 'assistant', audio: { id: 'a' } }), [
    '/messages/1/audio',
    cannot('messages.audio'),
  ])
  const file = { type: 'file', file: { file_id: 'file-1' } }
  assert.deepEqual(ofMessage({ role: 'user', content: [file] }), [
    '/messages/1/content/0/file/file_id',
    cannot('messages.content.file.file_id'),
  ])
  assert.equal(refused({ tools: [{ type: 'custom', custom: { name: 'x' } }] })[2], cannot('tools.custom'))
  assert.equal(refused({ tool_choice: { type: 'allowed_tools' } })[2], cannot('tool_choice.allowed_tools'))
})

test("what cannot be read is named by its place in the caller's own words", () => {
  const at = (fields: JsonObject) => refused(fields).slice(0, 2)
  const wrong = (path: string) => ['invalid_input', path]
  assert.deepEqual(at({ temperature: 3 }), wrong('/temperature'))
  assert.deepEqual(at({ temperature: '1' }), wrong('/temperature'))
  assert.deepEqual(at({ n: 1.5 }), wrong('/n'))
  assert.deepEqual(at({ max_tokens: 0 }), wrong('/max_tokens'))
  assert.deepEqual(at({ max_tokens: 5, max_completion_tokens: 6 }), wrong('/max_tokens'))
  assert.deepEqual(at({ stop: ['a', 1] }), wrong('/stop/1'))
  assert.deepEqual(at({ top_logprobs: 2 }), wrong('/top_logprobs'))
  assert.deepEqual(at({ reasoning_effort: 'immense' }), wrong('/reasoning_effort'))
  assert.deepEqual(at({ tools: [{ type: 'function' }] }), wrong('/tools/0/function'))
  assert.deepEqual(at({ tools: [{}] }), wrong('/tools/0/type'))
  assert.deepEqual(at({ response_format: { type: 'xml' } }), wrong('/response_format/type'))
  const ofMessage = (message: JsonObject) => at({ messages: [...messages, message] })
  assert.deepEqual(ofMessage({ role: 'robot', content: 'x' }), wrong('/messages/1/role'))
  assert.deepEqual(ofMessage({ role: 'user' }), wrong('/messages/1/content'))
  assert.deepEqual(ofMessage({ role: 'user', content: [{ type: 'video' }] }), wrong('/messages/1/content/0/type'))
  assert.deepEqual(ofMessage({ role: 'tool', content: 'x' }), wrong('/messages/1/tool_call_id'))
  const image = (url: string) => ofMessage({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })
  assert.deepEqual(image('data:image/png,plain'), wrong('/messages/1/content/0/image_url/url'))
  assert.deepEqual(image('data:image/png;base64,not base64'), wrong('/messages/1/content/0/image_url/url'))
})
