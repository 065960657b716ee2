import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, type ErrorCode, errorTable } from '../../kernel/errors.ts'
import { problemOf } from './problem.ts'

test('whatever may be repeated says when, and nothing else does', () => {
  for (const [code, { retryable }] of Object.entries(errorTable)) {
    const { headers } = problemOf(new AstraError(code as ErrorCode), undefined)
    assert.equal(headers['retry-after'], retryable ? '1' : undefined, code)
  }
  const { headers } = problemOf(new AstraError('overloaded', { retryAfterMs: 2001 }), undefined)
  assert.equal(headers['retry-after'], '3')
})

test('a 405 names the methods that the path takes', () => {
  const refused = new AstraError('method_not_allowed', { allow: ['GET', 'PUT'] })
  assert.equal(problemOf(refused, undefined).headers.allow, 'GET, PUT')
  assert.equal('allow' in problemOf(new AstraError('unknown_route'), undefined).headers, false)
})
