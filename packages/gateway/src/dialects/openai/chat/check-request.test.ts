import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { checkChatRequest } from './check-request.ts'

const hello = { role: 'user', content: 'Hello' }

const stored: readonly (readonly [path: string, body: JsonObject])[] = [
  ['/store', { messages: [hello], store: true }],
  [
    '/messages/1/content/0/file/file_id',
    { messages: [hello, { role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
  ],
  ['/messages/0/audio/id', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }, hello] }],
]

for (const [path, body] of stored) {
  test(`${path} is refused before any call: the account at the vendor is shared`, () => {
    assert.throws(
      () => checkChatRequest(body),
      (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.deepEqual([thrown.code, thrown.facts.violations?.[0]?.path], ['unsupported', path])
        assert.ok(thrown.facts.detail && thrown.facts.next)
        return true
      },
    )
  })
}

test("the same words pass where they store nothing, or are the caller's own", () => {
  const file = { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', file_id: null } }
  const call = { id: 'a', type: 'function', function: { name: 'open', arguments: '{"file_id":"x"}' } }
  const tools = [{ type: 'function', function: { name: 'open', parameters: { properties: { file_id: {} } } } }]
  const messages = [
    { role: 'user', content: [file] },
    { role: 'assistant', audio: null, tool_calls: [call] },
  ]
  assert.deepEqual(checkChatRequest({ messages, tools, store: false, stream: true, web_search_options: {} }), {
    items: 1,
    stream: true,
  })
})

const messages = [hello]

const faults: readonly (readonly [path: string, body: JsonObject])[] = [
  ['/messages', {}],
  ['/messages', { messages: [] }],
  ['/messages/1', { messages: [...messages, 'x'] }],
  ['/stream', { messages, stream: 'yes' }],
]

for (const [path, body] of faults) {
  test(`${JSON.stringify(body)} is refused with its place ${path}`, () => {
    assert.throws(
      () => checkChatRequest(body),
      (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.deepEqual([thrown.code, thrown.facts.violations?.[0]?.path], ['invalid_input', path])
        return true
      },
    )
  })
}

test('everything else is for upstream to judge', () => {
  assert.deepEqual(checkChatRequest({ messages }), { items: 1, stream: false })
  assert.deepEqual(checkChatRequest({ messages, stream: true }), { items: 1, stream: true })
  assert.deepEqual(checkChatRequest({ messages, stream: null, n: 900 }), { items: 1, stream: false })
})
