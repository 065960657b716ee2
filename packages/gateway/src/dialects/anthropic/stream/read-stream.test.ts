import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../../kernel/errors.ts'
import type { EventFacts, JsonObject, SseEvent } from '../../dialect.ts'
import { eventsOf } from '../testing/events-of.ts'
import { readStream } from './read-stream.ts'

const event = (type: string, members: JsonObject = {}): SseEvent => ({
  event: type,
  data: JSON.stringify({ type, ...members }),
})
const start = event('message_start', {
  message: { usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 } },
})
const block = (index: number, content_block: JsonObject) => event('content_block_start', { index, content_block })
const delta = (index: number, change: JsonObject) => event('content_block_delta', { index, delta: change })
const stop = (index: number) => event('content_block_stop', { index })
const finish = (stop_reason: string | null, usage: JsonObject = { output_tokens: 7 }) =>
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage })
const end = event('message_stop')
const text = block(0, { type: 'text', text: '' })

function read(...events: SseEvent[]): EventFacts[] {
  const reader = readStream()
  return events.map((one) => reader.read(one))
}

const kinds = (facts: readonly EventFacts[]) => facts.map(({ kind }) => kind)
const chunks = (facts: readonly EventFacts[]) => facts.flatMap((fact) => fact.chunks())

test('a stream from its preamble to its end', () => {
  const facts = read(
    start,
    event('ping'),
    text,
    delta(0, { type: 'text_delta', text: '' }),
    delta(0, { type: 'text_delta', text: 'Hi' }),
    event('ping'),
    stop(0),
    finish('end_turn'),
    end,
  )
  const preamble = Array.from({ length: 4 }, () => 'preamble')
  assert.deepEqual(kinds(facts), [...preamble, 'content', 'content', 'content', 'content', 'end'])
  assert.equal(facts.map((fact) => fact.text).join(''), 'Hi')
  assert.deepEqual(chunks(facts), [
    { type: 'text-delta', choice: 0, text: 'Hi' },
    { type: 'choice-end', choice: 0, finishReason: 'stop' },
  ])
})

test('reasoning, tool calls and their arguments', () => {
  const facts = read(
    block(0, { type: 'thinking', thinking: '', signature: '' }),
    delta(0, { type: 'thinking_delta', thinking: 'hm' }),
    delta(0, { type: 'signature_delta', signature: 'sig' }),
    stop(0),
    block(1, { type: 'redacted_thinking', data: 'secret' }),
    stop(1),
    block(2, { type: 'tool_use', id: 'a', name: 'look', input: {} }),
    delta(2, { type: 'input_json_delta', partial_json: '' }),
    delta(2, { type: 'input_json_delta', partial_json: '{"at":1}' }),
    stop(2),
    block(3, { type: 'tool_use', id: 'b', name: 'rest', input: {} }),
    stop(3),
    block(4, { type: 'tool_use', id: 'c', name: 'whole', input: { at: 2 } }),
    stop(4),
    finish('tool_use'),
  )
  assert.equal(facts.map((fact) => fact.text).join(''), 'hm{"at":1}{}{"at":2}')
  assert.deepEqual(chunks(facts), [
    { type: 'reasoning-delta', choice: 0, text: 'hm' },
    { type: 'reasoning-end', choice: 0, signature: 'sig' },
    { type: 'reasoning-end', choice: 0, redacted: 'secret' },
    { type: 'tool-call-start', choice: 0, id: 'a', tool: 'look' },
    { type: 'tool-call-delta', choice: 0, id: 'a', arguments: '{"at":1}' },
    { type: 'tool-call-start', choice: 0, id: 'b', tool: 'rest' },
    { type: 'tool-call-delta', choice: 0, id: 'b', arguments: '{}' },
    { type: 'tool-call-start', choice: 0, id: 'c', tool: 'whole' },
    { type: 'tool-call-delta', choice: 0, id: 'c', arguments: '{"at":2}' },
    { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
  ])
})

const beginners: readonly (readonly [string, readonly SseEvent[]])[] = [
  ['text in the start of its block', [block(0, { type: 'text', text: 'Hi' })]],
  ['the start of a tool call', [block(0, { type: 'tool_use', id: 'a', name: 'b', input: {} })]],
  ['the start of a tool that Anthropic runs', [block(0, { type: 'server_tool_use', id: 'a', name: 'web_search' })]],
  ['redacted reasoning', [block(0, { type: 'redacted_thinking', data: 'x' })]],
  ['a signature', [block(0, { type: 'thinking' }), delta(0, { type: 'signature_delta', signature: 's' })]],
  ['a finish', [finish('refusal')]],
]

for (const [name, events] of beginners) {
  test(`${name} is content`, () => {
    assert.equal(read(start, ...events).at(-1)?.kind, 'content')
  })
}

test('tools that Anthropic runs and citations pass through, and have no canonical chunks', () => {
  const facts = read(
    block(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
    delta(0, { type: 'input_json_delta', partial_json: '{"query":"x"}' }),
    stop(0),
    block(1, { type: 'web_search_tool_result', content: [] }),
    stop(1),
    block(2, { type: 'text', text: '' }),
    delta(2, { type: 'citations_delta', citation: {} }),
  )
  assert.deepEqual(chunks(facts), [])
  assert.equal(facts.map((fact) => fact.text).join(''), '{"query":"x"}')
  assert.ok(kinds(facts).every((kind) => kind === 'content'))
})

test('usage adds up over the events, and what the start says of the output is not told', () => {
  const facts = read(start, finish('end_turn', { input_tokens: 0, output_tokens: 7, cache_read_input_tokens: null }))
  assert.deepEqual(facts[0]?.usage, { inputTokens: 15, cachedInputTokens: 5 })
  assert.deepEqual(facts[1]?.usage, { inputTokens: 15, cachedInputTokens: 5, outputTokens: 7 })
})

test('usage that is told at the end only', () => {
  const facts = read(event('message_start', { message: {} }), finish('end_turn', { input_tokens: 3, output_tokens: 2 }))
  assert.equal(facts[0]?.usage, undefined)
  assert.deepEqual(facts[1]?.usage, { inputTokens: 3, outputTokens: 2 })
})

test('a finish or an end told twice is not for the caller, but its usage counts', () => {
  const facts = read(
    text,
    finish(null),
    finish('end_turn'),
    finish('end_turn', { output_tokens: 9 }),
    end,
    end,
    event('error'),
  )
  assert.deepEqual(kinds(facts).slice(2), ['content', 'aside', 'end', 'aside', 'aside'])
  assert.equal(facts[3]?.usage?.outputTokens, 9)
  assert.deepEqual(chunks(facts), [{ type: 'choice-end', choice: 0, finishReason: 'stop' }])
})

test('events without a name, and of kinds that may come, do no harm', () => {
  const nameless = { event: '', data: end.data }
  assert.deepEqual(kinds(read(event('of_tomorrow'), finish('end_turn'), nameless)), ['preamble', 'content', 'end'])
})

test('a stream that only lacks its terminal event gets it', () => {
  const reader = readStream()
  reader.read(finish('end_turn'))
  assert.deepEqual(eventsOf(reader.end()), [end])
})

test('a stream that ends before its answer did is a failure', () => {
  const reader = readStream()
  assert.throws(() => reader.end(), { code: 'upstream_failed' })
  for (const one of [start, text, delta(0, { type: 'text_delta', text: 'H' })]) reader.read(one)
  assert.throws(() => reader.end(), { code: 'upstream_failed' })
  assert.throws(() => reader.read(end), { code: 'upstream_failed' })
})

const overloaded = event('error', { error: { type: 'overloaded_error', message: 'busy' } })

test('an error event before content lets another attempt take its place, one after it does not', () => {
  assert.throws(() => read(start, text, overloaded), { code: 'upstream_unavailable' })
  assert.throws(() => read(text, delta(0, { type: 'text_delta', text: 'H' }), overloaded), { code: 'upstream_failed' })
})

test('an error event without words is an error all the same', () => {
  assert.throws(() => read(event('error')), { code: 'upstream_failed' })
  assert.throws(() => read({ event: 'error', data: '{"error":{"type":"api_error","message":"x"}}' }), {
    code: 'upstream_failed',
  })
})

const outOfForm: readonly (readonly [string, readonly SseEvent[]])[] = [
  ['no JSON', [{ event: 'ping', data: '{' }]],
  ['no object', [{ event: 'ping', data: '[]' }]],
  ['a piece of no block', [delta(0, { type: 'text_delta', text: 'x' })]],
  ['a piece without its change', [text, event('content_block_delta', { index: 0 })]],
  ['a block without a number', [event('content_block_start', { content_block: { type: 'text' } })]],
  ['a tool call without a name', [block(0, { type: 'tool_use', id: 'a', input: {} })]],
  ['blocks without end', Array.from({ length: 1001 }, (_, index) => block(index, { type: 'text', text: '' }))],
  [
    'a signature without end',
    [block(0, { type: 'thinking' }), delta(0, { type: 'signature_delta', signature: 'x'.repeat(4_000_001) })],
  ],
  ['a block without its content', [event('content_block_start', { index: 0 })]],
]

for (const [name, events] of outOfForm) {
  test(`${name} is out of form`, () => {
    assert.throws(() => read(...events), { code: 'upstream_failed' })
  })
}

test('whatever upstream sends, nothing but an AstraError is thrown', () => {
  const types = fc.constantFrom(
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
    'error',
  )
  const members = fc.record(
    {
      type: fc.constant({ toString: 1, valueOf: 1 }),
      index: fc.oneof(fc.nat(2), fc.jsonValue()),
      message: fc.jsonValue(),
      delta: fc.oneof(
        fc.jsonValue(),
        fc.record({ type: fc.constantFrom('text_delta', 'signature_delta'), text: fc.jsonValue() }),
      ),
      content_block: fc.oneof(
        fc.jsonValue(),
        fc.record({ type: fc.constantFrom('text', 'thinking', 'tool_use'), text: fc.jsonValue() }),
      ),
      usage: fc.jsonValue(),
      error: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const events = fc.array(fc.tuple(types, members).map(([type, rest]) => event(type, rest)))
  fc.assert(
    fc.property(events, (all) => {
      const reader = readStream()
      try {
        for (const one of all) reader.read(one).chunks()
        reader.end()
      } catch (error) {
        assert.ok(error instanceof AstraError, String(error))
      }
    }),
  )
})
