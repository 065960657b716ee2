import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatMessage, ChatRequest } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { writeRequest } from './write-request.ts'

const wish = { model: 'gpt-x', stream: true, tellsStreamUsage: true }
const messages: readonly ChatMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]

function itemsOf(conversation: readonly ChatMessage[]): unknown {
  return writeRequest([{ messages: conversation }], wish).input
}

test('a request is stateless, and says so', () => {
  assert.deepEqual(writeRequest([{ messages }], wish), {
    model: 'gpt-x',
    store: false,
    stream: true,
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
  })
})

test('reasoning goes back to the vendor that hid it, and to no other', () => {
  const content = [
    { type: 'reasoning', text: 'Think.', redacted: 'gAAAA' },
    { type: 'reasoning', text: 'Think.', signature: 'c2ln' },
    { type: 'reasoning', text: 'Think.' },
    { type: 'text', text: 'Hi' },
  ] as const
  assert.deepEqual(itemsOf([{ role: 'assistant', content }]), [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Think.' }], encrypted_content: 'gAAAA' },
    { role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
  ])
})

test('hidden reasoning is asked for where the model is to reason', () => {
  const request: ChatRequest = { messages, reasoning: { effort: 'low' }, logprobs: 0 }
  assert.deepEqual(writeRequest([request], wish).include, [
    'message.output_text.logprobs',
    'reasoning.encrypted_content',
  ])
  assert.equal(writeRequest([{ messages, reasoning: { effort: 'none' } }], wish).include, undefined)
})

test('that a tool failed is told in words', () => {
  const result = {
    type: 'tool-result',
    id: 'call_1',
    content: [{ type: 'text', text: 'No net' }],
    failed: true,
  } as const
  assert.deepEqual(itemsOf([{ role: 'tool', content: [result] }]), [
    {
      type: 'function_call_output',
      call_id: 'call_1',
      output: [
        { type: 'input_text', text: 'The tool failed.' },
        { type: 'input_text', text: 'No net' },
      ],
    },
  ])
})

const wordless: Readonly<Record<string, Partial<ChatRequest>>> = {
  stop: { stop: ['.'] },
  seed: { seed: 1 },
  frequencyPenalty: { frequencyPenalty: 0.5 },
  presencePenalty: { presencePenalty: 0.5 },
  n: { n: 2 },
  topK: { topK: 40 },
  'reasoning.tokensMax': { reasoning: { tokensMax: 100 } },
  audio: { messages: [{ role: 'user', content: [{ type: 'audio', mediaType: 'audio/wav', base64: 'AAAA' }] }] },
}

for (const [name, fields] of Object.entries(wordless)) {
  test(`${name} is refused by its name, as the protocol has no word for it`, () => {
    assert.throws(
      () => writeRequest([{ messages, ...fields }], wish),
      (thrown) => thrown instanceof AstraError && thrown.code === 'unsupported' && thrown.message.includes(`"${name}"`),
    )
  })
}

test('a schema is asked for strictly where that can be kept', () => {
  const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  for (const [schema, strict] of [
    [closed, true],
    [{ type: 'object' }, false],
  ] as const) {
    const request: ChatRequest = { messages, responseFormat: { type: 'json', schema } }
    assert.deepEqual(writeRequest([request], wish).text, {
      format: { type: 'json_schema', name: 'answer', schema, strict },
    })
  }
})

test('what is the default of every protocol is no wish', () => {
  const request: ChatRequest = { messages, n: 1, stop: [], tools: [], frequencyPenalty: 0, presencePenalty: 0 }
  assert.deepEqual(writeRequest([request], wish), writeRequest([{ messages }], wish))
})
