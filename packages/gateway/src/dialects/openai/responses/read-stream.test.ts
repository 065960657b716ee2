import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, type ErrorCode } from '../../../kernel/errors.ts'
import type { JsonObject, SseEvent } from '../../dialect.ts'
import { readStream } from './read-stream.ts'
import { chunksOf, event, readAll } from './testing/events.ts'

const created = event('response.created', { response: { status: 'in_progress', output: [] } })
const completed = event('response.completed', {
  response: { status: 'completed', output: [], usage: { input_tokens: 3, output_tokens: 2 } },
})
const messageAdded = event('response.output_item.added', { output_index: 0, item: { id: 'msg_1', type: 'message' } })

function textDelta(delta: unknown, output_index = 0): SseEvent {
  return event('response.output_text.delta', { output_index, item_id: 'msg_1', content_index: 0, delta, logprobs: [] })
}

function itemDone(output_index: number, item: JsonObject): SseEvent {
  return event('response.output_item.done', { output_index, item })
}

const message = (text: string): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  content: [{ type: 'output_text', text, annotations: [] }],
})

function thrownBy(events: readonly SseEvent[]): ErrorCode {
  try {
    readAll(events)
  } catch (thrown) {
    if (thrown instanceof AstraError) return thrown.code
  }
  throw new Error('the stream was read')
}

test('a stream is told event by event: what opens it, what it says, its end with the usage', () => {
  const events = [created, event('response.in_progress'), messageAdded, event('response.content_part.added')]
  const read = readAll([...events, textDelta('Hel'), textDelta('lo'), itemDone(0, message('Hello')), completed])
  assert.deepEqual(
    read.map(({ kind, text }) => [kind, text]),
    [
      ['preamble', ''],
      ['preamble', ''],
      ['preamble', ''],
      ['preamble', ''],
      ['content', 'Hel'],
      ['content', 'lo'],
      ['content', ''],
      ['end', ''],
    ],
  )
  assert.deepEqual(read.at(-1)?.usage, { inputTokens: 3, outputTokens: 2 })
  assert.deepEqual(chunksOf(read), [
    { type: 'text-delta', choice: 0, text: 'Hel' },
    { type: 'text-delta', choice: 0, text: 'lo' },
    { type: 'choice-end', choice: 0, finishReason: 'stop' },
  ])
})

test('the name in "event:" counts where the data holds no type', () => {
  const bare = { event: 'response.output_text.delta', data: '{"output_index":0,"delta":"Hi"}' }
  assert.deepEqual(chunksOf(readAll([created, bare, completed]))[0], { type: 'text-delta', choice: 0, text: 'Hi' })
})

test('whole items say what no delta said, and no more than that', () => {
  const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'zoom', arguments: '{}' }
  const reasoning = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAAA' }
  const read = readAll([created, itemDone(0, reasoning), itemDone(1, message('Hi')), itemDone(2, call), completed])
  assert.deepEqual(chunksOf(read), [
    { type: 'reasoning-end', choice: 0, redacted: 'gAAAA' },
    { type: 'text-delta', choice: 0, text: 'Hi' },
    { type: 'tool-call-start', choice: 0, id: 'call_1', tool: 'zoom' },
    { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '{}' },
    { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
  ])
  assert.deepEqual(
    read.map(({ text }) => text),
    ['', '', 'Hi', '{}', ''],
  )
})

test('words after a tool call leave the answer one that calls a tool', () => {
  const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'zoom', arguments: '{}' }
  const read = readAll([created, itemDone(0, call), itemDone(1, message('Hi')), completed])
  assert.deepEqual(chunksOf(read).at(-1), { type: 'choice-end', choice: 0, finishReason: 'tool-calls' })
})

test('a stream that is nothing but its end still says what it holds', () => {
  const response = {
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    output: [message('Hi')],
  }
  const read = readAll([created, event('response.incomplete', { response })])
  assert.deepEqual(chunksOf(read), [
    { type: 'text-delta', choice: 0, text: 'Hi' },
    { type: 'choice-end', choice: 0, finishReason: 'length' },
  ])
  assert.equal(read.at(-1)?.text, 'Hi')
})

test('a summary in parts reads as it does in a whole answer', () => {
  const at = { output_index: 0, item_id: 'rs_1' }
  const part = (summary_index: number): SseEvent =>
    event('response.reasoning_summary_part.added', { ...at, summary_index })
  const delta = (text: string): SseEvent => event('response.reasoning_summary_text.delta', { ...at, delta: text })
  const read = readAll([created, part(0), delta('First.'), part(1), delta('Second.'), completed])
  const texts = chunksOf(read).map((chunk) => (chunk.type === 'reasoning-delta' ? chunk.text : ''))
  assert.equal(texts.join(''), 'First.\n\nSecond.')
})

test('reasoning that is streamed as it is and as a summary is told once', () => {
  const at = { output_index: 0, item_id: 'rs_1' }
  const open = event('response.reasoning_text.delta', { ...at, delta: 'Well.' })
  const summary = event('response.reasoning_summary_text.delta', { ...at, delta: 'Thought.' })
  const chunks = chunksOf(readAll([created, open, summary, completed]))
  assert.deepEqual(chunks[0], { type: 'reasoning-delta', choice: 0, text: 'Well.' })
  assert.equal(chunks.length, 2)
})

test('a refusal is text that finishes as one', () => {
  const delta = event('response.refusal.delta', { output_index: 0, item_id: 'msg_1', delta: 'No.' })
  assert.deepEqual(chunksOf(readAll([created, messageAdded, delta, completed])), [
    { type: 'text-delta', choice: 0, text: 'No.' },
    { type: 'choice-end', choice: 0, finishReason: 'refusal' },
  ])
})

test('events that are not known are passed on in their place', () => {
  const kinds = [created, event('keepalive'), textDelta('Hi'), event('response.new_thing'), completed]
  assert.deepEqual(
    readAll(kinds).map(({ kind }) => kind),
    ['preamble', 'preamble', 'content', 'content', 'end'],
  )
})

test('what is told twice is not for the caller', () => {
  const done = itemDone(0, message('Hi'))
  const repeated = [created, messageAdded, messageAdded, textDelta('Hi'), done, done, completed, completed]
  const read = readAll([...repeated, { event: '', data: '[DONE]' }])
  assert.deepEqual(
    read.map(({ kind }) => kind),
    ['preamble', 'preamble', 'aside', 'content', 'content', 'aside', 'end', 'aside', 'aside'],
  )
  assert.equal(chunksOf(read).length, 2)
})

test('a server that changes the ids of its items is understood by their index', () => {
  const added = event('response.output_item.added', {
    output_index: 0,
    item: { id: 'a', type: 'function_call', call_id: 'call_1', name: 'zoom', arguments: '' },
  })
  const delta = event('response.function_call_arguments.delta', { output_index: 0, item_id: 'b', delta: '{}' })
  const done = itemDone(0, { id: 'c', type: 'function_call', call_id: 'call_1', name: 'zoom', arguments: '{}' })
  assert.deepEqual(chunksOf(readAll([created, added, delta, done, completed])), [
    { type: 'tool-call-start', choice: 0, id: 'call_1', tool: 'zoom' },
    { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '{}' },
    { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
  ])
})

const limit = { code: 'rate_limit_exceeded', message: 'Slow down' }
const nested = { error: { type: 'invalid_request_error', code: null, message: 'Too long' } }
const failures: Readonly<Record<string, readonly [ErrorCode, readonly SseEvent[]]>> = {
  'ends before its terminal event': ['upstream_failed', [created, textDelta('Hi')]],
  'ends as another protocol does': ['upstream_failed', [created, textDelta('Hi'), { event: '', data: '[DONE]' }]],
  'is empty': ['upstream_failed', []],
  'tells a flat error first': ['upstream_unavailable', [created, event('error', limit)]],
  'tells a nested error first': ['invalid_input', [created, event('error', nested)]],
  'tells an error without a name': ['upstream_unavailable', [{ event: '', data: JSON.stringify({ error: limit }) }]],
  'tells an error after content': ['upstream_failed', [created, textDelta('Hi'), event('error', limit)]],
  'fails first': ['upstream_unavailable', [created, event('response.failed', { response: { error: limit } })]],
  'fails after content': [
    'upstream_failed',
    [textDelta('Hi'), event('response.failed', { response: { error: limit } })],
  ],
  'fails without a reason': ['upstream_failed', [created, event('response.failed', { response: { error: null } })]],
  'ends with an error inside': ['upstream_unavailable', [event('response.completed', { response: { error: limit } })]],
  'holds no JSON': ['upstream_failed', [created, { event: 'response.output_text.delta', data: '{"delta":"H' }]],
  'holds no object': ['upstream_failed', [{ event: '', data: '[]' }]],
  'has a delta that is no text': ['upstream_failed', [created, textDelta({ text: 'Hi' })]],
  'has arguments of no call': [
    'upstream_failed',
    [created, event('response.function_call_arguments.delta', { output_index: 0, delta: '{}' })],
  ],
}

for (const [what, [code, events]] of Object.entries(failures)) {
  test(`${code} when the stream ${what}`, () => {
    assert.equal(thrownBy(events), code)
  })
}

test('after its end a stream can fail no more', () => {
  const reader = readStream()
  reader.read(completed)
  assert.equal(reader.read(event('error', limit)).kind, 'aside')
  assert.equal(reader.end(), '')
})
