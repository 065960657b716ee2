import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatChunk } from '../../../kernel/chat.ts'
import { eventsIn, streamText } from './testing/events.ts'

function typesOf(chunks: readonly ChatChunk[]): readonly string[] {
  return eventsIn(streamText(chunks)).map(({ event }) => event.replace('response.', ''))
}

const text: ChatChunk = { type: 'text-delta', choice: 0, text: 'Hi' }
const stop: ChatChunk = { type: 'choice-end', choice: 0, finishReason: 'stop' }
const opening = ['created', 'in_progress']
const messageOpens = ['output_item.added', 'content_part.added']
const messageEnds = ['output_text.done', 'content_part.done', 'output_item.done']

test('every event of the protocol comes in its order', () => {
  const chunks: readonly ChatChunk[] = [
    { type: 'reasoning-delta', choice: 0, text: 'Think.' },
    { type: 'reasoning-end', choice: 0, redacted: 'gAAAA' },
    text,
    { type: 'tool-call-start', choice: 0, id: 'call_1', tool: 'zoom' },
    { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '{}' },
    { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
  ]
  assert.deepEqual(typesOf(chunks), [
    ...opening,
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
    ...messageOpens,
    'output_text.delta',
    ...messageEnds,
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
    'completed',
  ])
})

test('a chunk goes out when it comes, and what says nothing adds no event', () => {
  const silent: readonly ChatChunk[] = [
    { type: 'text-delta', choice: 0, text: '' },
    { type: 'reasoning-delta', choice: 0, text: '' },
    { type: 'reasoning-end', choice: 0 },
    { type: 'tool-call-delta', choice: 0, id: 'unknown', arguments: '{}' },
    { type: 'text-delta', choice: 1, text: 'of another choice' },
  ]
  const plain = [...opening, ...messageOpens, 'output_text.delta', ...messageEnds, 'completed']
  assert.deepEqual(typesOf([...silent, text, stop]), plain)
})

test('an answer that was cut off by its limit ends incomplete, and so does the item that it was in', () => {
  const events = eventsIn(streamText([text, { type: 'choice-end', choice: 0, finishReason: 'length' }]))
  const { type, response } = JSON.parse(events.at(-1)?.data ?? '')
  assert.equal(type, 'response.incomplete')
  assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' })
  assert.equal(response.output[0].status, 'incomplete')
})

test('the response tells what was asked for, and that nothing is stored', () => {
  const request = { model: 'support-chat', input: 'Hello', temperature: 0.5, tools: [], metadata: { a: 'b' } }
  const [first] = eventsIn(streamText([text, stop], request))
  const { response } = JSON.parse(first?.data ?? '')
  const { id, status, temperature, top_p, metadata, store, usage, model } = response
  assert.deepEqual(
    { id, status, temperature, top_p, metadata, store, usage, model },
    {
      id: 'resp_0191-call',
      status: 'in_progress',
      temperature: 0.5,
      top_p: null,
      metadata: { a: 'b' },
      store: false,
      usage: null,
      model: 'support-chat',
    },
  )
})
