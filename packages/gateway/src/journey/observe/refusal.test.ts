import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { refusalOf } from './refusal.ts'

const refused = (code: ErrorCode) => refusalOf({ code } as CallRecord, new AstraError(code))

test('a refusal that says the same of the next calls is told apart from a fault of the call', () => {
  for (const code of ['rate_limited', 'budget_exhausted', 'overloaded', 'limits_unavailable'] as const) {
    assert.deepEqual(refused(code), { why: 'limits' })
  }
  for (const code of ['unknown_version', 'version_retired', 'upstream_unavailable'] as const) {
    assert.deepEqual(refused(code), { why: 'unasked' })
  }
  for (const code of ['invalid_input', 'unsupported', 'wrong_task'] as const) {
    assert.deepEqual(refused(code), { fault: code })
  }
})

test('where none may begin there is no Record, whatever the code', () => {
  for (const code of ['stopping', 'accounting_unavailable', 'internal'] as const) {
    assert.deepEqual(refusalOf(undefined, new AstraError(code)), { why: 'unasked' })
  }
})
