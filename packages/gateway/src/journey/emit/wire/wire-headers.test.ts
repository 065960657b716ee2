import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, type ErrorCode, errorTable } from '../../../kernel/errors.ts'
import { headersIn } from '../header-list.ts'
import { wireErrorHeaders } from './wire-headers.ts'

const headersOf = (code: ErrorCode, retryAfterMs?: number) =>
  headersIn(
    wireErrorHeaders(new AstraError(code, retryAfterMs === undefined ? {} : { retryAfterMs }), 'call-1', 'request-id'),
  )

test('clients are told when to repeat, or not to', () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const { 'retry-after': seconds, 'retry-after-ms': ms, 'x-should-retry': should } = headersOf(code)
    const { retryable } = errorTable[code]
    assert.deepEqual([seconds, ms], retryable ? ['1', '1000'] : [undefined, undefined], code)
    assert.equal(should, retryable || code === 'upstream_failed' ? undefined : 'false', code)
  }
  const given = headersOf('overloaded', 1200.4)
  assert.deepEqual([given['retry-after'], given['retry-after-ms']], ['2', '1201'])
})

test('what no repeat can mend, or took its whole time, is not repeated', () => {
  for (const code of [
    'timeout',
    'upstream_stalled',
    'unsupported',
    'invalid_output',
    'internal',
    'no_traffic',
  ] as const)
    assert.equal(headersOf(code)['x-should-retry'], 'false', code)
})

test('the call is named, where there is one', () => {
  const { 'astra-call-id': own, 'request-id': theirs, 'astra-error-code': code } = headersOf('timeout')
  assert.deepEqual([own, theirs, code], ['call-1', 'call-1', 'timeout'])
  assert.equal(
    wireErrorHeaders(new AstraError('unauthenticated'), undefined, 'request-id').includes('request-id'),
    false,
  )
})
