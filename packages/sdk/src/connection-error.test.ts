import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionError } from './connection-error.ts'

const url = 'http://astra.test'

function fetchFailure(fault: Error): Error {
  return new TypeError('fetch failed', { cause: fault })
}

function fault(message: string, facts: object): Error {
  return Object.assign(new Error(message), facts)
}

const neverSent: readonly (readonly [what: string, thrown: Error])[] = [
  ['refused', fetchFailure(fault('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' }))],
  ['no such host', fetchFailure(fault('getaddrinfo ENOTFOUND', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }))],
  ['no name server', fetchFailure(fault('getaddrinfo EAI_AGAIN', { code: 'EAI_AGAIN' }))],
  ['no connection in time', fetchFailure(fault('Connect Timeout', { code: 'UND_ERR_CONNECT_TIMEOUT' }))],
  ['no way there', fetchFailure(fault('connect EHOSTUNREACH', { code: 'EHOSTUNREACH', syscall: 'connect' }))],
  [
    'several addresses, all refused',
    fetchFailure(new AggregateError([fault('connect ENETUNREACH', { code: 'ENETUNREACH', syscall: 'connect' })])),
  ],
]

for (const [what, thrown] of neverSent) {
  test(`${what}: nothing was sent, so that repeating is safe`, () => {
    const error = connectionError(thrown, url)
    assert.equal(error.code, 'connection_failed')
    assert.equal(error.retryable, true)
    assert.equal(error.cause, thrown)
    assert.match(error.message, /^http:\/\/astra\.test cannot be reached: .+\. Check that the gateway runs there/)
  })
}

const perhapsSent: readonly (readonly [what: string, thrown: unknown])[] = [
  ['reset', fetchFailure(fault('read ECONNRESET', { code: 'ECONNRESET', syscall: 'read' }))],
  ['unreachable while reading', fetchFailure(fault('read EHOSTUNREACH', { code: 'EHOSTUNREACH', syscall: 'read' }))],
  ['closed by the other side', fetchFailure(fault('other side closed', { code: 'UND_ERR_SOCKET' }))],
  ['no headers in time', fetchFailure(fault('Headers Timeout', { code: 'UND_ERR_HEADERS_TIMEOUT' }))],
  ['a browser, which hides the cause', new TypeError('Failed to fetch')],
  ['something that is no error', 'gone'],
]

for (const [what, thrown] of perhapsSent) {
  test(`${what}: it may have run, so that nothing is repeated`, () => {
    const error = connectionError(thrown, url)
    assert.equal(error.code, 'connection_lost')
    assert.equal(error.retryable, false)
  })
}
