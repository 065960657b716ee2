import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../dialect.ts'
import { openaiChat } from '../chat.ts'

function reading(hidesUsage = false) {
  const reader = openaiChat.ask.readStream?.({ hidesUsage })
  assert.ok(reader)
  const send = (data: unknown, event = '') =>
    reader.read({ event, data: typeof data === 'string' ? data : JSON.stringify(data) })
  return { send, kind: (data: unknown) => send(data).kind, end: () => reader.end() }
}

function piece(delta: JsonObject | null, finish: string | null = null, index = 0): JsonObject {
  return { object: 'chat.completion.chunk', choices: [{ index, delta, logprobs: null, finish_reason: finish }] }
}
const role = piece({ role: 'assistant', content: '', refusal: null })
const stop = piece({}, 'stop')
const usage = { prompt_tokens: 5, completion_tokens: 2 }
const usageOnly = { choices: [], usage }
const failed = { code: 'upstream_failed' }

test('a documented stream: role, text, finish, usage, end', () => {
  const { send, kind, end } = reading()
  assert.equal(kind({ choices: [], prompt_filter_results: [] }), 'preamble')
  assert.equal(kind(role), 'preamble')
  const said = send(piece({ content: 'Hel' }))
  assert.deepEqual(
    [said.kind, said.text, said.chunks()],
    ['content', 'Hel', [{ type: 'text-delta', choice: 0, text: 'Hel' }]],
  )
  assert.equal(kind(piece({ content: '' })), 'content')
  const finish = send(stop)
  assert.deepEqual(
    [finish.kind, finish.chunks()],
    ['content', [{ type: 'choice-end', choice: 0, finishReason: 'stop' }]],
  )
  const told = send(usageOnly)
  assert.deepEqual([told.kind, told.usage, told.chunks()], ['content', { inputTokens: 5, outputTokens: 2 }, []])
  assert.equal(kind('[DONE]'), 'end')
  assert.equal(kind(usageOnly), 'aside')
  assert.equal(end(), '')
})

test('usage that the caller did not ask for is not for the caller', () => {
  const { send, kind } = reading(true)
  assert.deepEqual(send({ ...piece({ content: 'x' }), usage }).usage, { inputTokens: 5, outputTokens: 2 })
  assert.equal(kind({ ...stop, usage }), 'content')
  assert.equal(kind(usageOnly), 'aside')
  assert.equal(kind({ ...piece({ content: '' }), usage }), 'aside')
})

test('a finish told twice is passed on once, unless it brings the usage that was asked for', () => {
  const { send, kind, end } = reading()
  send(piece({ content: 'x' }))
  assert.equal(kind(stop), 'content')
  assert.equal(kind(stop), 'aside')
  const told = send({ ...stop, usage })
  assert.deepEqual([told.kind, told.chunks()], ['content', []])
  assert.equal(end(), 'data: [DONE]\n\n')
})

test('text after a finish is content all the same', () => {
  const { send, kind } = reading()
  send(stop)
  assert.equal(kind(piece({ content: 'late' })), 'content')
})

test('a stream without its finish was cut, with or without [DONE]', () => {
  const cut = reading()
  cut.send(piece({ content: 'x' }))
  assert.throws(() => cut.end(), failed)
  assert.throws(() => cut.send('[DONE]'), failed)
  assert.throws(() => reading().end(), failed)
  const two = reading()
  two.send(piece({ content: 'x' }, 'stop', 0))
  two.send(piece({ content: 'y' }, null, 1))
  assert.throws(() => two.end(), failed)
  two.send(piece({}, 'length', 1))
  assert.equal(two.end(), 'data: [DONE]\n\n')
})

test('an error event is thrown as what it is, before content and after it', () => {
  const error = { error: { message: 'slow down', type: 'rate_limit_error' } }
  assert.throws(() => reading().send(error), { code: 'upstream_unavailable' })
  assert.throws(() => reading().send({ what: 'ever' }, 'error'), failed)
  assert.throws(() => reading().send({ object: 'error', message: 'no' }), failed)
  const began = reading()
  began.send(role)
  began.send(piece({ content: 'x' }))
  assert.throws(() => began.send(error), failed)
  assert.throws(() => began.send(piece({}, 'error')), failed)
  assert.equal(began.kind({ ...stop, error: null }), 'content')
})

test('an event out of form fails the call', () => {
  for (const data of ['{"choices":[{"del', '7', '{}', { choices: ['x'] }, piece({}, null, -1), piece({}, null, 1e9)]) {
    assert.throws(() => reading().send(data), failed)
  }
  assert.equal(reading().kind(' '), 'aside')
})

test('what is not known here is content too', () => {
  assert.equal(reading().kind(piece({ audio: { data: 'UklGRg==' } })), 'content')
  assert.equal(reading().kind(piece({ role: 'assistant', content: null, tool_calls: [] })), 'preamble')
  assert.equal(reading().kind(piece(null)), 'preamble')
})

test('reasoning under either name, and under both', () => {
  const { send } = reading()
  const chunks = [{ type: 'reasoning-delta', choice: 0, text: 'Hm' }]
  for (const delta of [
    { reasoning_content: 'Hm' },
    { reasoning: 'Hm' },
    { reasoning_content: 'Hm', reasoning: 'Hm' },
  ]) {
    const told = send(piece(delta))
    assert.deepEqual([told.kind, told.text, told.chunks()], ['content', 'Hm', chunks])
  }
})

test('tool calls in pieces, side by side', () => {
  const { send } = reading()
  const call = (index: number, rest: JsonObject) => send(piece({ tool_calls: [{ index, ...rest }] }))
  const chunks = [
    call(0, { id: 'a', type: 'function', function: { name: 'look', arguments: '' } }),
    call(1, { id: 'b', type: 'function', function: { name: 'wait', arguments: '{' } }),
    call(0, { function: { arguments: '{"x":1}' } }),
    call(1, { id: 'b', function: { arguments: '}' } }),
    send(piece({}, 'tool_calls')),
  ].flatMap((told) => told.chunks())
  assert.deepEqual(chunks, [
    { type: 'tool-call-start', choice: 0, id: 'a', tool: 'look' },
    { type: 'tool-call-start', choice: 0, id: 'b', tool: 'wait' },
    { type: 'tool-call-delta', choice: 0, id: 'b', arguments: '{' },
    { type: 'tool-call-delta', choice: 0, id: 'a', arguments: '{"x":1}' },
    { type: 'tool-call-delta', choice: 0, id: 'b', arguments: '}' },
    { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
  ])
})

test('whole tool calls, without an id, without a place, or all at one place', () => {
  const whole = (name: string, rest: JsonObject) => ({ function: { name, arguments: '{}' }, ...rest })
  const starts = (calls: readonly JsonObject[]) =>
    reading()
      .send(piece({ tool_calls: calls }))
      .chunks()
      .flatMap((chunk) => {
        const { type, id, tool } = chunk as { type: string; id: string; tool: string }
        return type === 'tool-call-start' ? [`${id} ${tool}`] : []
      })
  assert.deepEqual(starts([whole('look', { index: 0 }), whole('wait', { index: 1 })]), ['call_0 look', 'call_1 wait'])
  assert.deepEqual(starts([whole('look', {}), { function: { arguments: ' ' } }, whole('wait', {})]), [
    'call_0 look',
    'call_1 wait',
  ])
  assert.deepEqual(starts([whole('look', { id: 'a' }), whole('wait', { id: 'b' })]), ['a look', 'b wait'])
  assert.deepEqual(starts([whole('look', { id: 'a', index: 0 }), whole('wait', { id: 'b', index: 0 })]), [
    'a look',
    'b wait',
  ])
  assert.throws(() => starts([{ index: 0, function: { arguments: '{}' } }]), failed)
  assert.throws(() => starts([{}]), failed)
})

test('"stop" after tool calls is said as what it means, a refusal too', () => {
  const named = reading()
  named.send(piece({ tool_calls: [{ index: 0, id: 'a', function: { name: 'x', arguments: '{}' } }] })).chunks()
  assert.deepEqual(named.send(stop).chunks(), [{ type: 'choice-end', choice: 0, finishReason: 'tool-calls' }])
  const refused = reading()
  assert.deepEqual(refused.send(piece({ refusal: 'No.' }, 'stop')).chunks(), [
    { type: 'text-delta', choice: 0, text: 'No.' },
    { type: 'choice-end', choice: 0, finishReason: 'refusal' },
  ])
})
