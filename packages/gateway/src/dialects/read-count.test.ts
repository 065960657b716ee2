import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from './dialect.ts'
import { dialects } from './dialects.ts'
import { readCount } from './read-count.ts'

const odd: readonly unknown[] = [
  -1,
  -1e6,
  1.5,
  1e300,
  9e18,
  1_000_000_001,
  Number.NaN,
  Number('1e400'),
  '9',
  {},
  null,
  true,
]

test('a count is a whole number from 0 to a thousand million', () => {
  for (const value of [0, 1, 1_000_000_000]) assert.equal(readCount(value), value)
  for (const value of odd) assert.equal(readCount(value), undefined)
})

/** A usage object with one value everywhere, in each protocol's words. */
const usageOf = (value: unknown): JsonObject => ({
  prompt_tokens: value,
  completion_tokens: value,
  total_tokens: value,
  prompt_tokens_details: { cached_tokens: value, cache_write_tokens: value },
  completion_tokens_details: { reasoning_tokens: value },
  input_tokens: value,
  output_tokens: value,
  input_tokens_details: { cached_tokens: value, cache_write_tokens: value },
  output_tokens_details: { reasoning_tokens: value, thinking_tokens: value },
  cache_read_input_tokens: value,
  cache_creation_input_tokens: value,
})

const choice = { index: 0, message: { role: 'assistant', content: 'x' }, text: 'x', finish_reason: 'stop' }
const answer = { choices: [choice], output: [], content: [], data: [], results: [], input_tokens: 1 }

for (const { name, ask } of Object.values(dialects)) {
  const look = (value: unknown) => ask.lookAtAnswer({ ...answer, usage: usageOf(value) }).usage ?? {}

  test(`${name}: what is no count is not told`, () => {
    for (const value of odd) assert.deepEqual(look(value), {})
  })
}

test('the others are told', () => {
  const telling = Object.values(dialects).filter(
    ({ ask }) => ask.lookAtAnswer({ ...answer, usage: usageOf(7) }).usage?.inputTokens !== undefined,
  )
  assert.deepEqual(telling.map(({ name }) => name).toSorted(), [
    'anthropic-messages',
    'openai-chat',
    'openai-completions',
    'openai-embeddings',
    'openai-responses',
  ])
})
