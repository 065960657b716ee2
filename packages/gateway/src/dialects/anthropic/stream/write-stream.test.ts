import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import type { ChatChunk } from '../../../kernel/chat.ts'
import { arbitraryChunks } from '../../testing/arbitrary-chat.ts'
import { eventsOf } from '../testing/events-of.ts'
import { readStream } from './read-stream.ts'
import { writeStream } from './write-stream.ts'

const facts = { callId: '7', model: 'support', created: 0, request: {} }
const usage = { inputTokens: 9, cachedInputTokens: 4, outputTokens: 3 }

/** Without the bare prototypes of fast-check's records. */
const plain = <T>(value: T): T => structuredClone(value)

function written(chunks: readonly ChatChunk[]): string {
  const writer = writeStream(facts)
  return writer.start() + chunks.map((chunk) => writer.chunk(chunk)).join('') + writer.end(usage)
}

const said: readonly ChatChunk[] = [
  { type: 'reasoning-delta', choice: 0, text: 'hm' },
  { type: 'reasoning-end', choice: 0, signature: 'sig' },
  { type: 'reasoning-end', choice: 0, redacted: 'secret' },
  { type: 'reasoning-delta', choice: 0, text: 'unsigned' },
  { type: 'text-delta', choice: 0, text: 'Hel' },
  { type: 'text-delta', choice: 0, text: '' },
  { type: 'text-delta', choice: 0, text: 'lo' },
  { type: 'text-delta', choice: 1, text: 'another choice' },
  { type: 'tool-call-start', choice: 0, id: 'a', tool: 'look' },
  { type: 'tool-call-delta', choice: 0, id: 'a', arguments: '{"at":' },
  { type: 'tool-call-delta', choice: 0, id: 'a', arguments: '"sky"}' },
  { type: 'tool-call-start', choice: 0, id: 'b', tool: 'rest' },
  { type: 'choice-end', choice: 0, finishReason: 'stop' },
]

test('blocks open and close as the kind of chunk or the tool call changes', () => {
  const events = eventsOf(written(said)).map(({ data }) => JSON.parse(data))
  const block = (index: number, content_block: object, ...deltas: object[]) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
  const thinking = { type: 'thinking', thinking: '', signature: '' }
  const nothing = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }
  const head = { id: 'msg_7', type: 'message', role: 'assistant', model: 'support', content: [] }
  assert.deepEqual(events, [
    { type: 'message_start', message: { ...head, stop_reason: null, stop_sequence: null, usage: nothing } },
    ...block(0, thinking, { type: 'thinking_delta', thinking: 'hm' }, { type: 'signature_delta', signature: 'sig' }),
    ...block(1, { type: 'redacted_thinking', data: 'secret' }),
    ...block(2, thinking, { type: 'thinking_delta', thinking: 'unsigned' }),
    ...block(3, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hel' }, { type: 'text_delta', text: 'lo' }),
    ...block(
      4,
      { type: 'tool_use', id: 'a', name: 'look', input: {} },
      { type: 'input_json_delta', partial_json: '{"at":' },
      { type: 'input_json_delta', partial_json: '"sky"}' },
    ),
    ...block(5, { type: 'tool_use', id: 'b', name: 'rest', input: {} }),
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { input_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 3 },
    },
    { type: 'message_stop' },
  ])
})

test('the name of an event stands before its data too', () => {
  for (const { event, data } of eventsOf(written(said))) assert.equal(JSON.parse(data).type, event)
})

test('a signature without shown reasoning is a block of its own', () => {
  const events = eventsOf(written([{ type: 'reasoning-end', choice: 0, signature: 'sig' }])).map(({ event }) => event)
  const block = ['content_block_start', 'content_block_delta', 'content_block_stop']
  assert.deepEqual(events, ['message_start', ...block, 'message_delta', 'message_stop'])
})

test('an answer without a word is a message without blocks', () => {
  const events = eventsOf(written([{ type: 'choice-end', choice: 0, finishReason: 'refusal' }]))
  assert.deepEqual(
    events.map(({ event }) => event),
    ['message_start', 'message_delta', 'message_stop'],
  )
  assert.equal(JSON.parse(events[1]?.data ?? '').delta.stop_reason, 'refusal')
})

test('arguments of a call whose block is closed have no place any more', () => {
  const writer = writeStream(facts)
  writer.chunk({ type: 'tool-call-start', choice: 0, id: 'a', tool: 'x' })
  writer.chunk({ type: 'tool-call-start', choice: 0, id: 'b', tool: 'y' })
  assert.throws(() => writer.chunk({ type: 'tool-call-delta', choice: 0, id: 'a', arguments: '{}' }), {
    code: 'invalid_output',
  })
})

test('what is written is read as it was', () => {
  fc.assert(
    fc.property(arbitraryChunks({ reasoningParts: true, signatures: true }).map(plain), (chunks) => {
      const reader = readStream()
      const facts = eventsOf(written(chunks)).map((event) => reader.read(event))
      assert.deepEqual(
        facts.flatMap((fact) => fact.chunks()),
        chunks,
      )
      assert.equal(facts.at(-1)?.kind, 'end')
      assert.deepEqual(facts.findLast((fact) => fact.usage)?.usage, { ...usage, cacheWriteInputTokens: 0 })
      assert.equal(reader.end(), '')
    }),
  )
})

test("Anthropic's own client puts the message together", async () => {
  const fetch = async () => new Response(written(said), { headers: { 'content-type': 'text/event-stream' } })
  const client = new Anthropic({ apiKey: 'none', baseURL: 'http://gateway.test', fetch })
  const request = { model: 'support', max_tokens: 5, messages: [{ role: 'user' as const, content: 'hi' }] }
  const { content, stop_reason, usage: told } = await client.messages.stream(request).finalMessage()
  assert.deepEqual(JSON.parse(JSON.stringify(content)), [
    { type: 'thinking', thinking: 'hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'secret' },
    { type: 'thinking', thinking: 'unsigned', signature: '' },
    { type: 'text', text: 'Hello' },
    { type: 'tool_use', id: 'a', name: 'look', input: { at: 'sky' } },
    { type: 'tool_use', id: 'b', name: 'rest', input: {} },
  ])
  assert.equal(stop_reason, 'tool_use')
  assert.equal(told.output_tokens, 3)
  assert.equal(told.input_tokens, 5)
})
