import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, type ErrorCode, errorTable } from '../../kernel/errors.ts'
import { headersIn } from './header-list.ts'
import { problemOf } from './problem.ts'

const headersOf = (error: AstraError) => headersIn(problemOf(error, undefined).headers)

test('whatever may be repeated says when, and nothing else does', () => {
  for (const [code, { retryable }] of Object.entries(errorTable)) {
    const headers = headersOf(new AstraError(code as ErrorCode))
    assert.equal(headers['retry-after'], retryable ? '1' : undefined, code)
  }
  const headers = headersOf(new AstraError('overloaded', { retryAfterMs: 2001 }))
  assert.equal(headers['retry-after'], '3')
})

test('a 405 names the methods that the path takes', () => {
  const refused = new AstraError('method_not_allowed', { allow: ['GET', 'PUT'] })
  assert.equal(headersOf(refused).allow, 'GET, PUT')
  assert.equal('allow' in headersOf(new AstraError('unknown_route')), false)
})
