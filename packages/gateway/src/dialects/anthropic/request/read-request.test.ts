import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chatRequestSchema } from '../../../kernel/chat-schema.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import type { JsonObject } from '../../dialect.ts'
import { readRequest } from './read-request.ts'

const fits = compileSchema(chatRequestSchema)
const hi = [{ role: 'user', content: 'hi' }]
const hiRead = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]
const cache_control = { type: 'ephemeral', ttl: '1h' }

function reads(body: JsonObject, expected: object): void {
  const request = readRequest(body)
  assert.deepEqual(request, expected)
  assert.equal(fits(request, ''), undefined)
}

test('a plain request', () => {
  reads({ model: 'm', max_tokens: 5, messages: hi }, { messages: hiRead, outputTokensMax: 5 })
})

test('every parameter of sampling and stopping', () => {
  const body = { messages: hi, temperature: 0.5, top_p: 0.9, top_k: 40, stop_sequences: ['END'] }
  reads(body, { messages: hiRead, temperature: 0.5, topP: 0.9, topK: 40, stop: ['END'] })
})

test('the system prompt comes first, instructions in mid-conversation stay where they stand', () => {
  const body = {
    system: [
      { type: 'text', text: 'be kind', cache_control },
      { type: 'text', text: 'be brief' },
    ],
    messages: [...hi, { role: 'system', content: 'be loud' }],
  }
  const system = [
    { type: 'text', text: 'be kind' },
    { type: 'text', text: 'be brief' },
  ]
  const later = { role: 'system', content: [{ type: 'text', text: 'be loud' }] }
  reads(body, { messages: [{ role: 'system', content: system }, ...hiRead, later] })
  reads(
    { system: 'be kind', messages: hi },
    { messages: [{ role: 'system', content: [{ type: 'text', text: 'be kind' }] }, ...hiRead] },
  )
})

test('images and documents', () => {
  const content = [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' }, cache_control },
    { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } },
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' },
      title: 'Report',
      citations: { enabled: false },
    },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hi' }, title: 'Notes' },
  ]
  const read = [
    { type: 'image', source: { mediaType: 'image/png', base64: 'aGk=' } },
    { type: 'image', source: { url: 'https://a.example/b.png' } },
    { type: 'file', mediaType: 'application/pdf', base64: 'aGk=', name: 'Report' },
    { type: 'text', text: 'words' },
    { type: 'file', mediaType: 'text/plain', base64: 'aGk=', name: 'Notes' },
  ]
  reads({ messages: [{ role: 'user', content }] }, { messages: [{ role: 'user', content: read }] })
})

test('results of tools become messages of their own, in their order', () => {
  const body = {
    messages: [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'thinking', thinking: 'unsigned', signature: '' },
          { type: 'redacted_thinking', data: 'secret' },
          { type: 'text', text: 'I look.', citations: null },
          { type: 'tool_use', id: 't1', name: 'look', input: { at: 'sky' }, caller: { type: 'direct' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'blue', is_error: false },
          { type: 'tool_result', tool_use_id: 't2', content: [{ type: 'text', text: 'no' }], is_error: true },
          { type: 'tool_result', tool_use_id: 't3' },
          { type: 'text', text: 'And?' },
          { type: 'tool_result', tool_use_id: 't4', content: 'late' },
        ],
      },
    ],
  }
  const assistant = [
    { type: 'reasoning', text: 'hm', signature: 'sig' },
    { type: 'reasoning', text: 'unsigned' },
    { type: 'reasoning', text: '', redacted: 'secret' },
    { type: 'text', text: 'I look.' },
    { type: 'tool-call', id: 't1', tool: 'look', arguments: '{"at":"sky"}' },
  ]
  const results = [
    { type: 'tool-result', id: 't1', content: [{ type: 'text', text: 'blue' }], failed: false },
    { type: 'tool-result', id: 't2', content: [{ type: 'text', text: 'no' }], failed: true },
    { type: 'tool-result', id: 't3', content: [] },
  ]
  reads(body, {
    messages: [
      { role: 'assistant', content: assistant },
      { role: 'tool', content: results },
      { role: 'user', content: [{ type: 'text', text: 'And?' }] },
      { role: 'tool', content: [{ type: 'tool-result', id: 't4', content: [{ type: 'text', text: 'late' }] }] },
    ],
  })
})

test('tools and their choice', () => {
  const input_schema = { type: 'object', properties: { at: { type: 'string' } } }
  const tools = [
    { name: 'look', input_schema, type: 'custom', cache_control, eager_input_streaming: true, defer_loading: false },
    { name: 'hear', input_schema, description: 'Hears', strict: true, allowed_callers: ['direct'] },
  ]
  const read = [
    { name: 'look', parameters: input_schema },
    { name: 'hear', parameters: input_schema, description: 'Hears', strict: true },
  ]
  const choices = [
    [{ type: 'auto' }, { toolChoice: 'auto' }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { toolChoice: 'required', parallelToolCalls: false },
    ],
    [
      { type: 'tool', name: 'look', disable_parallel_tool_use: false },
      { toolChoice: { tool: 'look' }, parallelToolCalls: true },
    ],
    [{ type: 'none' }, { toolChoice: 'none' }],
  ] as const
  for (const [tool_choice, choice] of choices) {
    reads({ messages: hi, tools, tool_choice }, { messages: hiRead, tools: read, ...choice })
  }
})

test('reasoning and structured output', () => {
  const schema = { type: 'object', properties: {} }
  const format = { type: 'json_schema', schema }
  const responseFormat = { type: 'json', schema }
  const forms: readonly (readonly [JsonObject, object])[] = [
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, { reasoning: { tokensMax: 2048 } }],
    [{ thinking: { type: 'disabled' } }, { reasoning: { effort: 'none' } }],
    [{ thinking: { type: 'adaptive', display: 'summarized' } }, { reasoning: {} }],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, { reasoning: { effort: 'xhigh' } }],
    [{ output_config: { effort: 'low', format } }, { reasoning: { effort: 'low' }, responseFormat }],
    [{ output_format: format }, { responseFormat }],
  ]
  for (const [body, read] of forms) reads({ messages: hi, ...body }, { messages: hiRead, ...read })
})

test('what changes no answer, and null for a member left out, pass silently', () => {
  const body = {
    messages: hi,
    model: 'm',
    stream: true,
    metadata: { user_id: 'u' },
    service_tier: 'auto',
    speed: 'standard',
    cache_control,
    container: null,
    system: null,
    tools: null,
    thinking: null,
  }
  reads(body, { messages: hiRead })
})

const block = (content: JsonObject, role = 'user') => ({ messages: [{ role, content: [content] }] })
const pdf = { type: 'base64', media_type: 'application/pdf', data: 'aGk=' }

const refused: readonly (readonly [JsonObject, path: string, name?: string])[] = [
  [{ messages: hi, mcp_servers: [] }, '/mcp_servers', 'mcp_servers'],
  [{ messages: hi, container: 'c' }, '/container'],
  [{ messages: hi, service_tier: 'standard_only' }, '/service_tier'],
  [{ messages: hi, context_management: {} }, '/context_management'],
  [{ messages: hi, max_tokens: 0 }, '/max_tokens'],
  [{ messages: hi, constructor: 1 }, '/constructor'],
  [
    { messages: hi, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    '/tools/0/type',
    'web_search_20250305',
  ],
  [{ messages: hi, tools: [{ name: 'x', input_schema: {}, defer_loading: true }] }, '/tools/0/defer_loading'],
  [{ messages: hi, thinking: { type: 'between_tools' } }, '/thinking/type'],
  [{ messages: hi, thinking: { type: 'adaptive', display: 'omitted' } }, '/thinking/display'],
  [{ messages: hi, thinking: { type: 'disabled' }, output_config: { effort: 'low' } }, '/output_config/effort'],
  [{ messages: hi, output_config: { task_budget: 1 } }, '/output_config/task_budget'],
  [{ messages: [{ role: 'user', content: 'x', name: 'y' }] }, '/messages/0/name'],
  [block({ type: 'search_result' }), '/messages/0/content/0/type', 'search_result'],
  [block({ type: 'image', source: { type: 'file', file_id: 'f' } }), '/messages/0/content/0/source/type'],
  [block({ type: 'document', source: pdf, citations: { enabled: true } }), '/messages/0/content/0/citations'],
  [block({ type: 'document', source: pdf, context: 'c' }), '/messages/0/content/0/context'],
  [
    block({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'document', source: pdf }] }),
    '/messages/0/content/0/content/0/type',
  ],
  [block({ type: 'server_tool_use', id: 's' }, 'assistant'), '/messages/0/content/0/type'],
  [block({ type: 'text', text: 't', citations: [{}] }, 'assistant'), '/messages/0/content/0/citations'],
]

for (const [body, path, name] of refused) {
  test(`only Anthropic's own models know ${path} of ${JSON.stringify(body).slice(0, 90)}`, () => {
    const error = thrownBy(body)
    assert.equal(error.code, 'unsupported')
    assert.equal(error.facts.violations?.[0]?.path, path)
    assert.match(error.facts.next ?? '', /Leave it out/)
    if (name) assert.equal(error.facts.detail, `"${name}" cannot be passed to this model`)
  })
}

const invalid: readonly (readonly [JsonObject, path: string])[] = [
  [{ messages: 'hi' }, '/messages'],
  [{ messages: [1] }, '/messages/0'],
  [{ messages: [{ role: 'robot', content: 'x' }] }, '/messages/0/role'],
  [{ messages: [{ role: 'user' }] }, '/messages/0/content'],
  [block({ text: 'x' }), '/messages/0/content/0/type'],
  [block({ type: 'text' }), '/messages/0/content/0/text'],
  [block({ type: 'tool_use', id: 't', name: 'n', input: 'x' }, 'assistant'), '/messages/0/content/0/input'],
  [{ messages: hi, temperature: 1.1 }, '/temperature'],
  [{ messages: hi, temperature: 'hot' }, '/temperature'],
  [{ messages: hi, top_k: 0.5 }, '/top_k'],
  [{ messages: hi, stop_sequences: 'END' }, '/stop_sequences'],
  [{ messages: hi, tools: [{ name: 'x' }] }, '/tools/0/input_schema'],
  [{ messages: hi, output_config: { effort: 'extreme' } }, '/output_config/effort'],
]

for (const [body, path] of invalid) {
  test(`${JSON.stringify(body).slice(0, 90)} cannot be read at ${path}`, () => {
    const error = thrownBy(body)
    assert.equal(error.code, 'invalid_input')
    assert.equal(error.facts.violations?.[0]?.path, path)
  })
}

test('whatever stands at any place, a request is read or refused', () => {
  const content = [
    { type: 'document', source: pdf, title: 't', citations: { enabled: false } },
    { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'x' }], is_error: true },
  ]
  const whole = JSON.stringify({
    system: [{ type: 'text', text: 's' }],
    messages: [
      { role: 'user', content },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: {} }] },
    ],
    tools: [{ name: 'b', input_schema: {}, allowed_callers: ['direct'] }],
    tool_choice: { type: 'tool', name: 'b' },
    thinking: { type: 'enabled', budget_tokens: 5 },
    output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } },
  })
  const values = fc.oneof(fc.jsonValue(), fc.constant({ toString: 1, valueOf: 1 }))
  const placed = (at: number, value: unknown): JsonObject => {
    let place = -1
    return JSON.parse(whole, (key, old) => {
      place += 1
      return place === at && key !== '' ? value : old
    })
  }
  let refusals = 0
  fc.assert(
    fc.property(fc.nat(45), values, (at, value) => {
      try {
        readRequest(placed(at, value))
      } catch (error) {
        assert.ok(error instanceof AstraError, String(error))
        refusals += 1
      }
    }),
  )
  assert.ok(refusals > 0)
})

test('a refusal tells no more than the beginning of a long name', () => {
  const error = thrownBy({ messages: hi, ['x'.repeat(5000)]: 1 })
  assert.ok((error.facts.detail ?? '').length < 200)
})

function thrownBy(body: JsonObject): AstraError {
  try {
    readRequest(body)
  } catch (thrown) {
    assert.ok(thrown instanceof AstraError, String(thrown))
    return thrown
  }
  return assert.fail('was read')
}
