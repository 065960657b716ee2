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
  item_reference: { input: [{ type: 'item_reference', id: 'rs_1' }] },
}

for (const [name, members] of Object.entries(stateful)) {
  test(`${name} is refused before any call, as it needs state`, () => {
    const { code, facts } = refusal({ model: 'm', input: 'Hello', ...members })
    assert.equal(code, 'unsupported')
    assert.ok(facts.detail && facts.next)
  })
}

test('the same members are accepted where they ask for nothing', () => {
  const none = { store: false, background: null, previous_response_id: null, conversation: null }
  assert.deepEqual(checkRequest({ input: 'Hello', stream: true, ...none }), { items: 1, stream: true })
  assert.deepEqual(checkRequest({ input: 'Hello' }), { items: 1, stream: false })
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
