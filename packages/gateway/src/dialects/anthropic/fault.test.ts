import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anthropicFault } from './fault.ts'

const error = (type: string, message = 'words') => ({ type: 'error', error: { type, message } })

const codes = [
  ['invalid_request_error', 'invalid_input'],
  ['authentication_error', 'upstream_failed'],
  ['billing_error', 'upstream_failed'],
  ['permission_error', 'upstream_failed'],
  ['not_found_error', 'upstream_failed'],
  ['request_too_large', 'invalid_input'],
  ['rate_limit_error', 'upstream_unavailable'],
  ['api_error', 'upstream_failed'],
  ['timeout_error', 'upstream_failed'],
  ['overloaded_error', 'upstream_unavailable'],
  ['a_kind_of_tomorrow', 'upstream_failed'],
] as const

for (const [type, code] of codes) {
  test(`${type} inside a 200 or a stream is ${code}`, () => {
    assert.equal(anthropicFault(error(type), undefined, false)?.code, code)
    assert.equal(anthropicFault(error(type), 200, false)?.code, code)
  })
}

test('the status that came with an error counts, not its type', () => {
  assert.equal(anthropicFault(error('api_error'), 529, false)?.code, 'upstream_unavailable')
})

test('a status of failure is a fault without a readable body too', () => {
  assert.equal(anthropicFault('<html>', 502, false)?.code, 'upstream_failed')
  assert.equal(anthropicFault(undefined, 429, false, 7000)?.facts.retryAfterMs, 7000)
})

test('after content had begun nothing is told as if it had not run', () => {
  assert.equal(anthropicFault(error('overloaded_error'), undefined, true)?.code, 'upstream_failed')
})

test('what is no error is none', () => {
  assert.equal(anthropicFault({ type: 'message', content: [] }, 200, false), undefined)
  assert.equal(anthropicFault({ error: null }, undefined, false), undefined)
})

test("upstream's words reach operators; callers only where their request is at fault", () => {
  const own = anthropicFault(error('invalid_request_error', 'messages.0: too long'), 400, false)
  assert.match(own?.facts.detail ?? '', /messages\.0: too long/)
  const inner = anthropicFault(error('authentication_error', 'invalid x-api-key sk-1'), 401, false)
  assert.equal(inner?.facts.detail, undefined)
  assert.match(inner?.facts.reason ?? '', /invalid x-api-key/)
})
