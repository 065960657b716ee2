import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dialect } from '../kernel/wire.ts'
import { dialects } from './dialects.ts'
import { answersIn, outputLimitMembers, outputTokensIn } from './output-limit.ts'

const wish = { model: 'm', stream: false, tellsStreamUsage: true, outputTokensMax: 100 }
const older = { ...wish, outputLimitField: 'max_tokens' } as const

describe('what an answer may have at most', () => {
  const rows: readonly [string, Dialect, object, typeof wish, object][] = [
    ['is written where nothing is said', 'openai-chat', {}, wish, { max_completion_tokens: '100' }],
    ['in the older word for who knows that one', 'openai-chat', {}, older, { max_tokens: '100' }],
    ['stays where less is asked', 'openai-chat', { max_completion_tokens: 7 }, wish, {}],
    ['by either word of OpenAI', 'openai-chat', { max_tokens: 100 }, wish, {}],
    ['is lowered where more is asked', 'openai-chat', { max_tokens: 101 }, wish, { max_tokens: '100' }],
    ['in both words', 'openai-chat', { max_tokens: 1e6, max_completion_tokens: 50 }, wish, { max_tokens: '100' }],
    ['is said in the word that is heard, too', 'openai-chat', { max_completion_tokens: 7 }, older, { max_tokens: '7' }],
    ['takes the place of what means no bound', 'openai-chat', { max_tokens: -1 }, wish, { max_tokens: '100' }],
    ['and of null', 'openai-chat', { max_tokens: null }, wish, { max_completion_tokens: '100' }],
    ['and of what is no number', 'openai-chat', { max_tokens: '9e9' }, wish, { max_tokens: '100' }],
    ['holds a word of llama.cpp', 'openai-chat', { max_tokens: 5, n_predict: -1 }, wish, { n_predict: '100' }],
    ['of a response', 'openai-responses', { max_output_tokens: 5000 }, wish, { max_output_tokens: '100' }],
    ['of a completion', 'openai-completions', {}, wish, { max_tokens: '100' }],
    ['of a message', 'anthropic-messages', { max_tokens: 4096 }, wish, { max_tokens: '100' }],
    ['is none of an embedding', 'openai-embeddings', {}, wish, {}],
    ['is none of a count', 'anthropic-count-tokens', {}, wish, {}],
  ]
  for (const [name, dialect, body, asked, expected] of rows) {
    it(`${name} (${dialect})`, () => {
      assert.deepEqual(outputLimitMembers(dialect, body as Record<string, unknown>, asked), expected)
    })
  }

  it('changes no byte where none is declared', () => {
    const { outputTokensMax: _, ...without } = wish
    assert.deepEqual(outputLimitMembers('openai-chat', { max_tokens: -1 }, without), {})
  })

  it('goes upstream in every dialect that has answers', () => {
    for (const name of ['openai-chat', 'openai-responses', 'openai-completions', 'anthropic-messages'] as const) {
      const bytes = Buffer.from('{ "model":"m", "x":12345678901234567890 }')
      const request = { dialect: name, bytes, body: { model: 'm' }, items: 1, canonical: () => [] }
      const forwarded = JSON.parse(dialects[name].ask.forward(request, wish).bytes.toString())
      assert.equal(outputTokensIn(name, forwarded), 100, name)
    }
  })
})

it('answers to one input are counted', () => {
  assert.equal(answersIn('openai-chat', {}), 1)
  assert.equal(answersIn('openai-chat', { n: 3 }), 3)
  assert.equal(answersIn('openai-completions', { n: 2, best_of: 5 }), 5)
  assert.equal(answersIn('anthropic-messages', { n: 3 }), 1)
})
