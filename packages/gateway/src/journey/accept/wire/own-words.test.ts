import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects } from '../../../dialects/dialects.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { anthropicEmit } from '../../emit/anthropic/anthropic-emit.ts'
import { openaiEmit } from '../../emit/openai/openai-emit.ts'
import { messagesWords } from '../anthropic/own-words.ts'
import { chatWords } from '../openai/own-words.ts'
import { inOwnWords } from './own-words.ts'
import { openWireBed } from './testing/wire-bed.ts'

const refusal = (field: string, path?: string) =>
  new AstraError('unsupported', {
    field,
    detail: `"${field}" cannot be passed to vendor/m`,
    ...(path === undefined ? {} : { violations: [{ path, message: 'has no place' }] }),
  })
const told = (error: AstraError) => [error.facts.detail, error.facts.violations?.[0]?.path]
const openai = (field: string, body = {}, path?: string) => told(inOwnWords(refusal(field, path), chatWords, body))
const anthropic = (field: string, body = {}) => told(inOwnWords(refusal(field), messagesWords, body))

describe('what upstream cannot be told', () => {
  it("is named in the protocol's words, with its place", () => {
    assert.deepEqual(openai('presencePenalty'), [
      '"presence_penalty" cannot be passed to vendor/m',
      '/presence_penalty',
    ])
    assert.deepEqual(anthropic('topK'), ['"top_k" cannot be passed to vendor/m', '/top_k'])
    assert.deepEqual(anthropic('stop'), ['"stop_sequences" cannot be passed to vendor/m', '/stop_sequences'])
    assert.deepEqual(anthropic('reasoning.tokensMax'), [
      '"thinking.budget_tokens" cannot be passed to vendor/m',
      '/thinking/budget_tokens',
    ])
  })

  it('is named by the word that was sent, where there are several', () => {
    assert.equal(openai('outputTokensMax')[1], '/max_completion_tokens')
    assert.equal(openai('outputTokensMax', { max_tokens: 5 })[1], '/max_tokens')
    assert.equal(anthropic('responseFormat', { output_format: {} })[1], '/output_format')
    assert.equal(
      anthropic('responseFormat', { output_config: { format: {} }, output_format: {} })[1],
      '/output_config/format',
    )
  })

  it('keeps what is said beside the field', () => {
    assert.deepEqual(openai('responseFormat without a schema'), [
      '"response_format without a schema" cannot be passed to vendor/m',
      '/response_format',
    ])
    assert.deepEqual(anthropic('reasoning.effort beside reasoning.tokensMax', { thinking: {} }), [
      '"thinking beside thinking.budget_tokens" cannot be passed to vendor/m',
      '/thinking',
    ])
    assert.deepEqual(openai('tools.strict'), ['"tools.strict" cannot be passed to vendor/m', '/tools/strict'])
  })

  it('has its place by the canonical one, where it is told in plain words', () => {
    assert.deepEqual(openai('JSON output without a schema', {}, '/responseFormat'), [
      '"JSON output without a schema" cannot be passed to vendor/m',
      '/response_format',
    ])
    const place = '/messages/0/content/1'
    assert.deepEqual(openai('audio', {}, place), ['"audio" cannot be passed to vendor/m', place])
    assert.deepEqual(openai('an image in a tool result'), [
      '"an image in a tool result" cannot be passed to vendor/m',
      undefined,
    ])
  })

  it('is left alone where it stands in the words of the request already', () => {
    const own = new AstraError('unsupported', { detail: '"stop" cannot be passed to this model' })
    assert.equal(inOwnWords(own, messagesWords, { stop: 1 }), own)
  })
})

const cases = [
  ['/openai/chat/completions', { messages: [{ role: 'user', content: 'hi' }], top_p: 1 }, 'topP', 'top_p'],
  ['/openai/responses', { input: 'hi', max_output_tokens: 5 }, 'outputTokensMax', 'max_output_tokens'],
  ['/openai/completions', { prompt: 'hi', max_tokens: 5 }, 'outputTokensMax', 'max_tokens', 'completion'],
  ['/anthropic/messages', { messages: [{ role: 'user', content: 'hi' }], max_tokens: 5, top_k: 4 }, 'topK', 'top_k'],
] as const

for (const [path, body, field, word, task = 'chat'] of cases) {
  for (const stream of [false, true]) {
    it(`${path}${stream ? ', streamed' : ''}: the caller reads "${word}"`, async () => {
      const serve = () => {
        throw refusal(field)
      }
      const bed = openWireBed(
        { openai: openaiEmit, anthropic: anthropicEmit },
        { codecs: dialects, contract: { task }, serve },
      )
      const { status, json } = await bed.send(path, { model: 'spam', stream, ...body })
      const { message, param } = json().error
      assert.equal(status, 400)
      assert.match(message, new RegExp(`^"${word}" cannot be passed to vendor/m\\.`))
      if (path.startsWith('/openai')) assert.equal(param, word)
    })
  }
}

// Every canonical field that a protocol can ask for has the protocol's own word: a request of all of them names none by another.
const everything = [
  [
    'openai-chat',
    chatWords,
    {
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      response_format: { type: 'json_object' },
      max_tokens: 5,
      temperature: 1,
      top_p: 1,
      stop: 'x',
      seed: 1,
      frequency_penalty: 1,
      presence_penalty: 1,
      n: 2,
      logprobs: true,
      reasoning_effort: 'low',
    },
  ],
  [
    'anthropic-messages',
    messagesWords,
    {
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } }, effort: 'low' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      max_tokens: 5000,
      temperature: 1,
      top_p: 1,
      top_k: 1,
      stop_sequences: ['x'],
    },
  ],
] as const

for (const [dialect, words, body] of everything) {
  it(`${dialect}: every field that is read has a word, and it was sent`, () => {
    const [request = {}] = dialects[dialect].accept.readRequest(body) as readonly object[]
    const fields = Object.keys(request).filter((field) => field !== 'messages')
    assert.ok(fields.length > 8, fields.join())
    for (const field of fields) {
      const [place = ''] = inOwnWords(refusal(field), words, body).facts.violations?.map(({ path }) => path) ?? []
      const value = place
        .slice(1)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], body)
      assert.notEqual(value, undefined, `${field}: ${place}`)
    }
  })
}
