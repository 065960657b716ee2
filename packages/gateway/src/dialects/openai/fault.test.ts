import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../kernel/errors.ts'
import { openaiFault } from './fault.ts'

const code = (body: unknown, status?: number, began = false): ErrorCode | undefined =>
  openaiFault(body, status, began)?.code

test('a body without an error holds none', () => {
  for (const body of [
    { choices: [] },
    { error: null },
    { error: '' },
    null,
    'x',
    [],
    [1],
    { message: 'hello' },
    { detail: 1 },
  ]) {
    assert.equal(openaiFault(body, undefined, false), undefined)
  }
})

test('without a status the kind of error says what it is', () => {
  const ofType = (type: string) => code({ error: { message: 'no', type } })
  assert.equal(ofType('invalid_request_error'), 'invalid_input')
  assert.equal(ofType('authentication_error'), 'upstream_failed')
  assert.equal(ofType('rate_limit_error'), 'upstream_unavailable')
  assert.equal(ofType('insufficient_quota'), 'upstream_unavailable')
  assert.equal(ofType('server_error'), 'upstream_failed')
  assert.equal(ofType('overloaded'), 'upstream_unavailable')
  assert.equal(ofType('never_heard_of'), 'upstream_failed')
  assert.equal(
    code({ error: { message: 'no', type: 'invalid_request_error', code: 'rate_limit_exceeded' } }),
    'upstream_unavailable',
  )
})

test('a status in the error counts, and the HTTP status counts more', () => {
  assert.equal(code({ error: { message: 'slow down', code: '429' } }), 'upstream_unavailable')
  assert.equal(code({ error: { message: 'busy', status: 503 } }), 'upstream_unavailable')
  assert.equal(code({ error: { message: 'no', code: 429 } }, 400), 'invalid_input')
  assert.equal(code({ error: { message: 'no', code: 7 } }), 'upstream_failed')
})

test('every form that servers use is found', () => {
  assert.match(
    openaiFault({ error: "model 'x' not found" }, 404, false)?.facts.reason ?? '',
    /404.*model 'x' not found/,
  )
  assert.equal(code({ object: 'error', message: 'too long', type: 'BadRequestError', code: 400 }), 'invalid_input')
  assert.equal(code({ type: 'error', message: 'broke', code: 'server_error' }), 'upstream_failed')
  assert.equal(code([{ error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }]), 'invalid_input')
  assert.equal(code({ error: { status: 'RESOURCE_EXHAUSTED', message: 'quota' } }), 'upstream_unavailable')
  assert.match(openaiFault({ detail: [{ loc: ['body', 'n'] }] }, 422, false)?.message ?? '', /"loc"/)
  assert.equal(code({ message: 'wrong' }, 400), 'invalid_input')
})

test('once an answer began something ran, whatever the error says', () => {
  assert.equal(code({ error: { message: 'no', type: 'rate_limit_error' } }, undefined, true), 'upstream_failed')
})

test('when to come back is passed on', () => {
  const fault = openaiFault({ error: { message: 'no', type: 'tokens' } }, 429, false, 7000)
  assert.equal(fault?.facts.retryAfterMs, 7000)
})
