import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APICallError, JSONParseError, TypeValidationError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { AstraError } from '../../kernel/errors.ts'
import { toFault } from './fault.ts'

const answered = (statusCode: number, body: unknown, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: 'the package says',
    url: 'https://vendor.example',
    requestBodyValues: {},
    statusCode,
    responseHeaders,
    responseBody: JSON.stringify(body),
  })

describe('what is thrown while a vendor is asked', () => {
  const cases: readonly [string, unknown, object][] = [
    [
      'busy, in seconds',
      answered(429, {}, { 'retry-after': '3' }),
      { code: 'upstream_unavailable', retryAfterMs: 3000 },
    ],
    [
      'busy, in ms',
      answered(429, {}, { 'retry-after-ms': '250' }),
      { code: 'upstream_unavailable', retryAfterMs: 250 },
    ],
    [
      "busy, until a time on the vendor's clock",
      answered(503, {}, { 'retry-after': 'Mon, 01 Jan 2029 10:00:05 GMT', date: 'Mon, 01 Jan 2029 10:00:00 GMT' }),
      { code: 'upstream_unavailable', retryAfterMs: 5000 },
    ],
    [
      'busy, in words out of form',
      answered(429, {}, { 'retry-after': 'soon' }),
      { code: 'upstream_unavailable', retryAfterMs: 1000 },
    ],
    ['a refusal', answered(400, { error: { message: 'too hot' } }), { code: 'invalid_input' }],
    [
      'a key that Google does not know',
      answered(400, { error: { code: 400, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] } }),
      { code: 'upstream_failed' },
    ],
    ['a fault', answered(500, { message: 'oh' }), { code: 'upstream_failed' }],
    ['a name that is not known', answered(404, {}), { code: 'upstream_failed' }],
    [
      'a busy vendor inside a 200',
      answered(200, { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } }),
      { code: 'upstream_unavailable', retryAfterMs: 1000 },
    ],
    ['an answer out of form', answered(200, { choices: 'none' }), { code: 'upstream_failed' }],
    [
      'an error where a piece of an answer was expected',
      new TypeValidationError({ value: { error: { code: 529, message: 'overloaded' } }, cause: undefined }),
      { code: 'upstream_unavailable', retryAfterMs: 1000 },
    ],
    ['an error in plain words', { message: 'oh', code: 500 }, { code: 'upstream_failed' }],
    [
      'a thing the package knows no words for',
      new UnsupportedFunctionalityError({ functionality: 'x' }),
      { code: 'unsupported' },
    ],
    ['our own error, wrapped', new Error('outer', { cause: new AstraError('timeout') }), { code: 'timeout' }],
    ['a connection that broke', new TypeError('terminated'), { code: 'upstream_failed' }],
    ['nothing at all', undefined, { code: 'upstream_failed' }],
  ]
  for (const [title, thrown, expected] of cases) {
    test(title, () => {
      const { code, facts } = toFault(thrown, 'groq/llama', false)
      assert.deepEqual({ code, ...('retryAfterMs' in facts ? { retryAfterMs: facts.retryAfterMs } : {}) }, expected)
    })
  }

  test('a key or a name that is not taken costs nothing; a fault may have', () => {
    const google = { error: { code: 400, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] } }
    const unspentOf = (thrown: unknown) => toFault(thrown, 'groq/llama', false).facts.unspent
    for (const free of [answered(401, {}), answered(404, {}), answered(400, google)])
      assert.equal(unspentOf(free), true)
    for (const dear of [answered(500, {}), answered(200, { choices: 'none' })]) assert.equal(unspentOf(dear), undefined)
  })

  test('once an answer has begun, nobody may try again', () => {
    assert.equal(toFault(answered(429, {}), 'groq/llama', true).code, 'upstream_failed')
  })

  test('no reason quotes what a model said', () => {
    const said = new JSONParseError({
      text: '{"secret thoughts',
      cause: new Error('Unexpected end: {"secret thoughts'),
    })
    for (const thrown of [said, new TypeValidationError({ value: { text: 'secret thoughts' }, cause: said })]) {
      assert.doesNotMatch(String(toFault(thrown, 'groq/llama', false).facts.reason), /secret thoughts/)
    }
  })
})
