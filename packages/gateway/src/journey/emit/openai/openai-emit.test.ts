import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { StreamEvent } from '../../../kernel/answer.ts'
import { AstraError, type ErrorCode, errorTable } from '../../../kernel/errors.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { openaiEmit } from './openai-emit.ts'

async function emitted(error: AstraError) {
  const http = Fastify()
  http.get('/', (_request, reply) => openaiEmit.error(reply, error, 'call-1'))
  const { statusCode, headers, body } = await http.inject({ url: '/' })
  return { statusCode, headers, body: JSON.parse(body) }
}

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'server_error',
  502: 'server_error',
  503: 'server_error',
  504: 'server_error',
}

test("every error has OpenAI's shape, a type after its status, and our code", async () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const { statusCode, headers, body } = await emitted(new AstraError(code, { reason: 'secret' }))
    const { status } = errorTable[code]
    assert.equal(statusCode, [406, 422, 501].includes(status) ? 400 : status, code)
    assert.deepEqual(Object.keys(body), ['error'])
    const { message, ...rest } = body.error
    const type = types[statusCode] ?? 'invalid_request_error'
    assert.deepEqual(rest, { type, param: null, code: code === 'unknown_model' ? 'model_not_found' : code })
    assert.ok(message.startsWith(errorTable[code].title), message)
    assert.doesNotMatch(message, /secret/)
    assert.deepEqual([headers['astra-error-code'], headers['x-request-id']], [code, 'call-1'])
  }
})

test('the place that is wrong is its param', async () => {
  const violations = [{ path: '/messages/0/role', message: 'must be one of …' }]
  const { body } = await emitted(new AstraError('invalid_input', { violations }))
  assert.equal(body.error.param, 'messages[0].role')
})

async function cut(dialect: Dialect, before: string): Promise<string> {
  async function* events(): AsyncGenerator<StreamEvent> {
    yield { type: 'relayed', bytes: Buffer.from(before) }
    throw new AstraError('upstream_failed', { reason: 'secret' })
  }
  const answer = { kind: 'stream', callId: 'c', model: 'm', major: 1, version: '1.0', cached: false } as const
  const http = Fastify()
  http.get('/', (_request, reply) => {
    const writer = () => assert.fail('nothing is to be told')
    return openaiEmit.stream(reply, { ...answer, events: events() }, { dialect, writer })
  })
  const { body } = await http.inject({ url: '/' })
  assert.ok(body.startsWith(before))
  return body.slice(before.length)
}

test('a chat stream that breaks off ends with an error instead of [DONE]', async () => {
  for (const dialect of ['openai-chat', 'openai-completions'] as const) {
    const [, json = ''] = /^data: (.*)\n\n$/.exec(await cut(dialect, 'data: {}\n\n')) ?? []
    const { error } = JSON.parse(json)
    assert.deepEqual([error.type, error.param, error.code], ['server_error', null, 'upstream_failed'])
    assert.match(error.message, /^The model failed\. .* The call is c\.$/)
  }
})

test('a responses stream that breaks off ends with an error event that has the next number', async () => {
  const numbered = (n: number) => `event: a\ndata: {"type":"a","sequence_number":${n},"delta":"x"}\n\n`
  for (const [before, number] of [
    [numbered(7), 8],
    [numbered(7) + numbered(8), 9],
    ['event: a\ndata: {"delta":"\\"sequence_number\\": 70"}\n\n', 0],
  ] as const) {
    const [, json = ''] = /^event: error\ndata: (.*)\n\n$/.exec(await cut('openai-responses', before)) ?? []
    const { message, ...rest } = JSON.parse(json)
    assert.deepEqual(rest, { type: 'error', code: 'upstream_failed', param: null, sequence_number: number })
    assert.match(message, /^The model failed\./)
  }
})

test('a bound that refuses again is told again, with what has changed since', async () => {
  const status = { kind: 'requests', limit: 1, windowMs: 1000, remaining: 0, resetMs: 1 } as const
  const refused = (name: string, code: ErrorCode, retryAfterMs: number) =>
    new AstraError(code, {
      ...{ detail: `The limit of ${name} is 1`, retryAfterMs },
      refusedBy: { ...status, owner: { kind: 'consumer', name }, retryAfterMs },
    })
  const told = async (error: AstraError) => {
    const { headers, body } = await emitted(error)
    return [headers['retry-after-ms'], body.error.code, body.error.message.split('.')[0]]
  }
  assert.deepEqual(await told(refused('a', 'rate_limited', 10)), ['10', 'rate_limited', 'The limit of a is 1'])
  assert.deepEqual(await told(refused('a', 'rate_limited', 9)), ['9', 'rate_limited', 'The limit of a is 1'])
  assert.deepEqual(await told(refused('a', 'overloaded', 9)), ['9', 'overloaded', 'The limit of a is 1'])
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(await told(refused(`b${i}`, 'rate_limited', 8)), ['8', 'rate_limited', `The limit of b${i} is 1`])
  }
})
