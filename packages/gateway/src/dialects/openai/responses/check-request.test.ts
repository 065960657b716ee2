import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { openaiResponses } from '../responses.ts'
import { checkRequest } from './check-request.ts'

function refusal(body: JsonObject): AstraError {
  try {
    checkRequest(body)
  } catch (thrown) {
    if (thrown instanceof AstraError) return thrown
  }
  throw new Error('it was not refused')
}

const stateful: Readonly<Record<string, JsonObject>> = {
  'store: true': { store: true },
  background: { background: true },
  previous_response_id: { previous_response_id: 'resp_1' },
  conversation: { conversation: { id: 'conv_1' } },
  prompt: { prompt: { id: 'pmpt_1' } },
  'a reference to an item': { input: [{ type: 'item_reference', id: 'rs_1' }] },
  'a reference without its type': { input: [{ id: 'rs_1' }] },
  'an image of an earlier answer': { input: [{ type: 'image_generation_call', id: 'ig_1' }] },
  'a stored file': { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] },
  'a stored image': { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
  "a stored file in a tool's answer": {
    input: [{ type: 'function_call_output', call_id: 'a', output: [{ type: 'input_file', file_id: 'file-1' }] }],
  },
  'a container of an earlier call': { input: [{ type: 'code_interpreter_call', container_id: 'cntr_1' }] },
  'a container by its id': { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] },
  'files in a container': { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } }] },
  'a shell in a container': {
    tools: [{ type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } }],
  },
  'a stored skill': {
    tools: [{ type: 'shell', environment: { skills: [{ type: 'skill_reference', skill_id: 'skill_1' }] } }],
  },
  'a vector store': { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] },
  'a stored mask': { tools: [{ type: 'image_generation', input_image_mask: { file_id: 'file-1' } }] },
}

for (const [name, members] of Object.entries(stateful)) {
  test(`${name} is refused before any call, as it is kept at one upstream`, () => {
    const { code, facts } = refusal({ model: 'm', input: 'Hello', ...members })
    assert.equal(code, 'unsupported')
    assert.ok(facts.detail && facts.next)
  })
}

test('the same members are accepted where they ask for nothing', () => {
  const none = { store: false, background: null, previous_response_id: null, conversation: null, prompt: null }
  assert.deepEqual(checkRequest({ input: 'Hello', stream: true, ...none }), { items: 1, stream: true })
  assert.deepEqual(checkRequest({ input: 'Hello' }), { items: 1, stream: false })
})

test("tools that store nothing and the caller's own words pass", () => {
  const schema = { type: 'object', properties: { file_id: { type: 'string' } }, default: { file_id: 'x' } }
  const tools = [
    { type: 'web_search', filters: { allowed_domains: ['a.example'] } },
    { type: 'code_interpreter', container: { type: 'auto', file_ids: [] } },
    { type: 'function', name: 'open', parameters: schema },
  ]
  const quoted = [{ type: 'file_citation', file_id: 'file-1' }]
  const input = [
    { role: 'user', content: [{ type: 'input_file', file_id: null, file_data: 'data:text/plain;base64,AA==' }] },
    { role: 'assistant', id: 'msg_1', content: [{ type: 'output_text', text: 'file_id', annotations: quoted }] },
    { type: 'function_call', call_id: 'a', name: 'open', arguments: '{"file_id":"x"}' },
    { type: 'image_generation_call', id: 'ig_1', result: 'AA==' },
    { type: 'computer_call', id: 'cu_1', pending_safety_checks: [{ id: 'sc_1' }] },
  ]
  assert.deepEqual(checkRequest({ input, tools }), { items: 1, stream: false })
})

const faults: readonly (readonly [JsonObject, string])[] = [
  [{}, '/input'],
  [{ input: [] }, '/input'],
  [{ input: 7 }, '/input'],
  [{ input: [{ role: 'user', content: 'a' }, 'b'] }, '/input/1'],
  [{ input: 'a', stream: 'yes' }, '/stream'],
  [{ input: 'a', store: 1 }, '/store'],
]

for (const [body, path] of faults) {
  test(`${JSON.stringify(body)} is refused with its place ${path}`, () => {
    const { code, facts } = refusal(body)
    assert.equal(code, 'invalid_input')
    assert.equal(facts.violations?.[0]?.path, path)
  })
}

test('what passes through keeps its bytes but for the model and store', () => {
  const bytes = Buffer.from('{ "model":"ours", "input":"a", "seed":12345678901234567890, "new_field":1.0 }')
  const request = { dialect: 'openai-responses', bytes, body: {}, items: 1, canonical: () => [] } as const
  const wish = { model: 'gpt-x', stream: false, tellsStreamUsage: false }
  const forwarded = openaiResponses.ask.forward(request, wish)
  const text = forwarded.bytes.toString()
  assert.ok(text.includes('"seed":12345678901234567890, "new_field":1.0'))
  const { model, store } = JSON.parse(text)
  assert.deepEqual([model, store, forwarded.hidesUsage], ['gpt-x', false, false])
})
