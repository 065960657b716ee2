import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorTable } from '../../gateway/src/kernel/errors.ts'
import { errorCodes, groupOf, type KnownErrorCode } from './error-codes.ts'
import {
  AstraError,
  AuthError,
  CancelledError,
  ConnectionError,
  errorFrom,
  InputError,
  LimitError,
  StreamCutError,
  TimeoutError,
  UpstreamError,
} from './errors.ts'

const own: readonly KnownErrorCode[] = [
  'connection_failed',
  'connection_lost',
  'invalid_answer',
  'invalid_contracts',
  'stream_cut',
]

test("the codes known here are the gateway's and the client's own", () => {
  assert.deepEqual(Object.keys(errorCodes).sort(), [...Object.keys(errorTable), ...own].sort())
})

for (const [code, row] of Object.entries(errorTable)) {
  test(`${code} is repeated as the gateway's table says, and grouped as its status would be`, () => {
    const { status } = row
    assert.equal(errorFrom({ code, status, detail: '', next: '' }).retryable, row.retryable)
    if (code !== 'overloaded') assert.equal(groupOf(code, undefined), groupOf('not_known_yet', status))
  })
}

const classes: readonly (readonly [code: string, status: number | undefined, type: typeof AstraError])[] = [
  ['unauthenticated', 401, AuthError],
  ['model_forbidden', 403, AuthError],
  ['invalid_input', 422, InputError],
  ['version_retired', 410, InputError],
  ['overloaded', 503, LimitError],
  ['budget_spent', 429, LimitError],
  ['upstream_failed', 502, UpstreamError],
  ['internal', 500, UpstreamError],
  ['timeout', 504, TimeoutError],
  ['timeout', undefined, TimeoutError],
  ['cancelled', 499, CancelledError],
  ['connection_lost', undefined, ConnectionError],
  ['stream_cut', undefined, StreamCutError],
  ['not_known_yet', 418, InputError],
  ['not_known_yet', 507, UpstreamError],
  ['not_known_yet', undefined, UpstreamError],
  ['invalid_answer', 200, ConnectionError],
  ['invalid_answer', 502, UpstreamError],
  ['invalid_answer', 413, InputError],
  ['constructor', 500, UpstreamError],
]

for (const [code, status, type] of classes) {
  test(`${code} with status ${status} is a ${type.name}`, () => {
    const error = errorFrom({ code, status, detail: 'D', next: 'N' })
    assert.equal(Object.getPrototypeOf(error), type.prototype)
    assert.ok(error instanceof AstraError)
    assert.equal(error.name, type.name)
    assert.match(error.stack ?? '', new RegExp(`^${type.name}: D\\. N\\.`))
  })
}

test('a cut stream is a connection error too', () => {
  assert.ok(errorFrom({ code: 'stream_cut', detail: '', next: '' }) instanceof ConnectionError)
})

test('the message says what happened, where, and what to do next', () => {
  const violations = [
    { path: '/text', message: 'must be text' },
    { path: '/txt', message: 'is unknown', suggestion: 'did you mean text?' },
    { path: '/a', message: 'is unknown' },
    { path: '/b', message: 'is unknown' },
  ]
  const facts = { code: 'invalid_input', detail: 'It does not fit', next: 'Correct it.', callId: '7' }
  assert.equal(errorFrom(facts).message, 'It does not fit. Correct it. [invalid_input, call 7]')
  assert.equal(
    errorFrom({ ...facts, violations }).message,
    `It does not fit.
  /text: must be text
  /txt: is unknown (did you mean text?)
  /a: is unknown
  and 1 more
Correct it. [invalid_input, call 7]`,
  )
})
