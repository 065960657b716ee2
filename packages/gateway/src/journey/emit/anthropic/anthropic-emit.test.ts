import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { StreamEvent } from '../../../kernel/answer.ts'
import { AstraError, type ErrorCode, errorTable } from '../../../kernel/errors.ts'
import { anthropicEmit } from './anthropic-emit.ts'

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  502: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

test("every error has Anthropic's shape, a type after its status, and our code in a header", async () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    for (const callId of ['call-1', undefined]) {
      const http = Fastify()
      http.get('/', (_request, reply) => anthropicEmit.error(reply, new AstraError(code, { reason: 'secret' }), callId))
      const { statusCode, headers, body } = await http.inject({ url: '/' })
      const { status, title } = errorTable[code]
      assert.equal(statusCode, [406, 422, 501].includes(status) ? 400 : status, code)
      const { error, ...rest } = JSON.parse(body)
      assert.deepEqual(rest, { type: 'error', request_id: callId ?? null })
      assert.equal(error.type, types[statusCode] ?? 'invalid_request_error')
      assert.ok(error.message.startsWith(title), error.message)
      assert.doesNotMatch(body, /secret/)
      assert.deepEqual([headers['astra-error-code'], headers['request-id']], [code, callId])
    }
  }
})

test('the place that is wrong is told, once', async () => {
  const told = async (detail: string, path: string) => {
    const error = new AstraError('unsupported', { detail, next: 'Leave it out.', violations: [{ path, message: '' }] })
    const http = Fastify()
    http.get('/', (_request, reply) => anthropicEmit.error(reply, error, undefined))
    return (await http.inject({ url: '/' })).json().error.message
  }
  assert.equal(
    await told('"title" cannot be passed', '/messages/0/content/1/title'),
    '"title" cannot be passed. Leave it out. The place is messages[0].content[1].title.',
  )
  assert.equal(await told('"top_k" cannot be passed', '/top_k'), '"top_k" cannot be passed. Leave it out.')
})

test('a stream that breaks off ends with an error event', async () => {
  async function* events(): AsyncGenerator<StreamEvent> {
    yield { type: 'relayed', bytes: Buffer.from('event: ping\ndata: {}\n\n') }
    throw new AstraError('upstream_stalled', { detail: 'The model sent nothing for 60 s', reason: 'secret' })
  }
  const answer = { kind: 'stream', callId: 'c', model: 'm', major: 1, version: '1.0', cached: false } as const
  const http = Fastify()
  http.get('/', (_request, reply) => {
    const writer = () => assert.fail('nothing is to be told')
    return anthropicEmit.stream(reply, { ...answer, events: events() }, { dialect: 'anthropic-messages', writer })
  })
  const { body } = await http.inject({ url: '/' })
  const [, json = ''] = /^event: ping\ndata: \{\}\n\nevent: error\ndata: (.*)\n\n$/.exec(body) ?? []
  const { error, ...rest } = JSON.parse(json)
  assert.deepEqual([rest, error.type], [{ type: 'error', request_id: 'c' }, 'timeout_error'])
  assert.match(error.message, /^The model sent nothing for 60 s\. /)
})
