import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { AstraError, type ErrorCode, errorTable } from '../../../kernel/errors.ts'
import { oipEmit } from './oip-emit.ts'

async function emitted(error: AstraError) {
  const http = Fastify()
  http.get('/', (_request, reply) => oipEmit.error(reply, error, 'call-1'))
  return http.inject({ url: '/' })
}

/** The protocol's, and those of HTTP that stand before it: keys, sizes, limits, and a caller who has gone. */
const statuses = [400, 404, 405, 500, 501, 503, 504, 401, 403, 413, 429, 499]
/** No call of a model and no question about one ends so. */
const elsewhere: readonly string[] = ['precondition_required', 'precondition_failed']

test('every code has a status of the protocol, and the rest in headers', async () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const { statusCode, headers, body } = await emitted(new AstraError(code))
    assert.ok(statuses.includes(statusCode) || elsewhere.includes(code), `${code}: ${statusCode}`)
    assert.deepEqual([headers['astra-error-code'], headers['astra-call-id']], [code, 'call-1'])
    assert.equal(headers['retry-after'] !== undefined, errorTable[code].retryable, code)
    assert.deepEqual(Object.keys(JSON.parse(body)), ['error'])
  }
})

test('what the protocol has no status for is told by the nearest', async () => {
  const status = async (code: ErrorCode) => (await emitted(new AstraError(code))).statusCode
  assert.equal(await status('invalid_input'), 400)
  assert.equal(await status('version_retired'), 404)
  assert.equal(await status('no_traffic'), 503)
  assert.equal(await status('upstream_failed'), 500)
  assert.equal(await status('overloaded'), 503)
  assert.equal(await status('timeout'), 504)
})
