import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGenerateRequest } from './generate-request.ts'

const read = (body: unknown, streams = false) => readGenerateRequest(Buffer.from(JSON.stringify(body)), streams)

test('reads a text or a conversation, with every parameter', () => {
  assert.deepEqual(read({ text_input: '' }), { input: '' })
  const messages = [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi' },
  ]
  const parameters = {
    max_tokens: 7,
    temperature: 0,
    top_p: 1,
    top_k: 3,
    seed: -5,
    stop: ['a', 'b'],
    json_schema: { type: 'object' },
    stream: true,
  }
  assert.deepEqual(read({ id: '1', messages, parameters }, true), {
    input: messages,
    outputTokensMax: 7,
    temperature: 0,
    topP: 1,
    topK: 3,
    seed: -5,
    stop: ['a', 'b'],
    jsonSchema: { type: 'object' },
  })
  assert.deepEqual(read({ text_input: 'a', parameters: { stop: 'x', top_k: null } }), { input: 'a', stop: ['x'] })
})

test('what cannot be read is named', () => {
  const of = (parameters: object) => ({ text_input: 'a', parameters })
  for (const [body, message] of [
    [{}, /either text_input or messages/],
    [{ text_input: 'a', messages: [] }, /either text_input or messages/],
    [{ text_input: 3 }, /text_input must be a string, not 3/],
    [{ messages: [] }, /messages must be a list of 1 to 4096/],
    [
      { messages: [{ role: 'tool', content: 'x' }] },
      /messages\[0\]\.role must be system, user or assistant, not "tool"/,
    ],
    [{ messages: [{ role: 'user', content: [] }] }, /messages\[0\]\.content must be a string/],
    [{ messages: [{ role: 'user', content: '', name: 'x' }] }, /"messages\[0\]\.name" is not known here/],
    [{ text_input: 'a', paramters: {} }, /"paramters" is not known here: did you mean parameters\?/],
    [of({ max_token: 3 }), /"parameters\.max_token" is not known here: did you mean max_tokens\?/],
    [of({ max_tokens: 0 }), /parameters\.max_tokens must be an integer from 1 to/],
    [of({ temperature: '1' }), /parameters\.temperature must be a number from 0 to 10, not "1"/],
    [of({ seed: 0.5 }), /parameters\.seed must be an integer/],
    [of({ stop: [''] }), /parameters\.stop must be at most 16 texts/],
    [of({ json_schema: 'x' }), /parameters\.json_schema must be a JSON object/],
    [of({ stream: true }), /parameters\.stream cannot be true here: POST to …\/generate for a whole answer/],
  ] as const) {
    assert.throws(() => read(body), { code: 'invalid', message })
  }
})
