import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileSchema } from '../../kernel/schema/validator.ts'
import { taskTable } from '../../kernel/tasks.ts'
import type { JsonObject } from '../dialect.ts'
import { eventsIn } from './chat/testing/events.ts'
import { openaiCompletions } from './completions.ts'

const { accept, ask } = openaiCompletions
const wish = { model: 'up', stream: false, tellsStreamUsage: true }
const facts = { callId: 'abc', model: 'm', created: 17, request: {} }
const { input } = taskTable.completion
assert.ok(input)
const fits = compileSchema(input)

const parameters = fc.record(
  {
    outputTokensMax: fc.integer({ min: 1, max: 1_000_000 }),
    temperature: fc.integer({ min: 0, max: 200 }).map((value) => value / 100),
    topP: fc.integer({ min: 0, max: 100 }).map((value) => value / 100),
    seed: fc.maxSafeInteger(),
    stop: fc.array(fc.string(), { maxLength: 16 }),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const inputs = fc
  .tuple(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), parameters)
  .map(([prompts, same]) => prompts.map((prompt) => ({ prompt, ...same })))
const outputs = fc.array(
  fc.record({ text: fc.string(), finishReason: fc.constantFrom('stop', 'length') }, { noNullPrototype: true }),
  { minLength: 1, maxLength: 4 },
)

test('property: canonical completions are the same after the wire, and fit the contract', () => {
  fc.assert(
    fc.property(inputs, (completions) => {
      const body: JsonObject = JSON.parse(JSON.stringify(ask.writeRequest(completions, wish)))
      assert.deepEqual(accept.check(body), { items: completions.length, stream: false })
      assert.deepEqual(accept.readRequest(body), completions)
      for (const completion of completions) assert.equal(fits(completion, ''), undefined)
    }),
  )
})

test('property: canonical answers are the same after the wire, whatever the order of choices', () => {
  fc.assert(
    fc.property(outputs, (answers) => {
      const usage = { inputTokens: 1, outputTokens: 2 }
      const body = accept.writeAnswer(answers, { ...facts, usage })
      const expected = { items: answers.map((output) => ({ output })), usage }
      assert.deepEqual(ask.readAnswer(body), expected)
      const { choices } = body as { choices: readonly unknown[] }
      assert.deepEqual(ask.readAnswer({ ...body, choices: [...choices].reverse() }), expected)
      assert.deepEqual(ask.lookAtAnswer(body), { usage, text: answers.map(({ text }) => text).join('') })
    }),
  )
})

test('property: canonical chunks are the same after the wire', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 })), fc.constantFrom('stop', 'length'), (texts, finishReason) => {
      const writer = accept.writeStream?.({ ...facts, request: { stream_options: { include_usage: true } } })
      const reader = ask.readStream?.({ hidesUsage: false })
      assert.ok(writer && reader)
      const chunks = [...texts.map((text) => ({ text })), { text: '', finishReason }]
      const usage = { inputTokens: 1, outputTokens: 2 }
      const text = [writer.start(), ...chunks.map(writer.chunk), writer.end(usage)].join('')
      const told = eventsIn(text).map((event) => reader.read(event))
      assert.deepEqual(
        told.flatMap((facts) => facts.chunks()),
        chunks,
      )
      assert.deepEqual(told.at(-2)?.usage, usage)
      assert.equal(reader.end(), '')
    }),
  )
})

test('a stream without its finish was cut', () => {
  const reader = ask.readStream?.({ hidesUsage: false })
  assert.ok(reader)
  reader.read({ event: '', data: '{"choices":[{"index":0,"text":"x","finish_reason":null}]}' })
  assert.throws(() => reader.end(), { code: 'upstream_failed' })
})

test('prompts: one, many, in tokens', () => {
  const items = (prompt: unknown) => accept.check({ prompt }).items
  assert.deepEqual([items('x'), items(['x', 'y']), items([1, 2]), items([[1], [2], [3]])], [1, 2, 1, 3])
  for (const prompt of [undefined, [], {}]) assert.throws(() => items(prompt), { code: 'invalid_input' })
  assert.throws(() => accept.check({ prompt: 'x', stream: 1 }), { code: 'invalid_input' })
  for (const prompt of [[1, 2], [[1]]]) {
    assert.throws(() => accept.readRequest({ prompt }), { code: 'unsupported' })
  }
  assert.throws(() => accept.readRequest({ prompt: ['x', {}] }), { message: '/prompt/1 must be a string' })
})

test('neutral values pass, everything else is refused by name', () => {
  const neutral = {
    prompt: 'x',
    n: 1,
    best_of: 1,
    echo: false,
    suffix: null,
    logprobs: null,
    presence_penalty: 0,
    user: 'u',
  }
  assert.deepEqual(accept.readRequest(neutral), [{ prompt: 'x' }])
  for (const [field, value] of Object.entries({ n: 2, echo: true, suffix: 'y', logprobs: 0, logit_bias: { 1: 1 } })) {
    assert.throws(() => accept.readRequest({ prompt: 'x', [field]: value }), {
      code: 'unsupported',
      message: `"${field}" cannot be passed to this model`,
    })
  }
  assert.throws(() => accept.readRequest({ prompt: 'x', stop: Array(17).fill('a') }), { code: 'invalid_input' })
})

test('inputs of one request share their parameters', () => {
  assert.throws(() => ask.writeRequest([{ prompt: 'x' }, { prompt: 'y', seed: 1 }], wish), { code: 'unsupported' })
})

test('an error inside a 200, and a choice without text', () => {
  assert.throws(() => ask.readAnswer({ error: 'busy' }), { code: 'upstream_failed' })
  assert.throws(() => ask.readAnswer({ choices: [{}] }), { code: 'upstream_failed' })
  assert.throws(() => ask.readAnswer({ choices: [{ text: 'x', finish_reason: 'error' }] }), { code: 'upstream_failed' })
})
