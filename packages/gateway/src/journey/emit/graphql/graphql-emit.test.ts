import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyReply } from 'fastify'
import { type ExecutionResult, GraphQLError, parse } from 'graphql'
import { AstraError } from '../../../kernel/errors.ts'
import { graphqlEmit } from './graphql-emit.ts'

async function sent(emit: (reply: FastifyReply) => unknown, accept?: string) {
  const http = Fastify()
  http.get('/', (_, reply) => void emit(reply))
  const response = await http.inject({ url: '/', headers: accept === undefined ? {} : { accept } })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

const result = (of: ExecutionResult, calls: readonly string[] = []) => {
  return (reply: FastifyReply) => graphqlEmit.result(reply, of, calls)
}
const failure = new GraphQLError('Syntax Error: nope')

test('the media type is the first of the two that the client names', async () => {
  const table: readonly [accept: string | undefined, mediaType: string, status: number][] = [
    [undefined, 'application/json', 200],
    ['*/*', 'application/json', 200],
    ['application/json', 'application/json', 200],
    ['application/graphql-response+json', 'application/graphql-response+json', 400],
    [
      'application/graphql-response+json; charset=utf-8, application/json;q=0.9',
      'application/graphql-response+json',
      400,
    ],
    ['application/json, application/graphql-response+json', 'application/json', 200],
    ['text/html', 'application/json', 200],
  ]
  for (const [accept, mediaType, status] of table) {
    const { headers, ...response } = await sent(result({ errors: [failure] }), accept)
    assert.equal(headers['content-type'], `${mediaType}; charset=utf-8`, String(accept))
    assert.equal(response.status, status, String(accept))
    assert.equal((await sent(result({ data: null, errors: [failure] }), accept)).status, 200)
  }
})

test('an operation that ran is 200; headers name the one error and the one call', async () => {
  const one = await sent(
    result({ data: { a: null }, errors: [failure] }, ['call-1']),
    'application/graphql-response+json',
  )
  assert.equal(one.status, 200)
  assert.equal(one.headers['astra-error-code'], 'invalid_query')
  assert.equal(one.headers['astra-call-id'], 'call-1')
  assert.equal(one.headers['cache-control'], 'no-store')
  const two = await sent(result({ data: {}, errors: [failure, failure] }, ['call-1', 'call-2']))
  assert.equal(two.headers['astra-error-code'], undefined)
  assert.equal(two.headers['astra-call-id'], undefined)
})

test('what an error says outside', async () => {
  const astra = new AstraError('invalid_input', {
    detail: 'Too long',
    next: 'Shorten it',
    violations: [{ path: '/text', message: 'is too long' }],
    retryAfterMs: 5,
    reason: 'secret',
  })
  const wrapped = new GraphQLError('x', {
    originalError: new GraphQLError('y', { originalError: astra, extensions: { callId: 'c' } }),
    path: ['a'],
  })
  const nodes = parse('{ a }').definitions[0] ?? null
  const table: readonly [error: GraphQLError, message: string, extensions: Record<string, unknown>][] = [
    [
      wrapped,
      'Too long',
      {
        code: 'invalid_input',
        status: 422,
        callId: 'c',
        next: 'Shorten it',
        errors: [{ path: '/text', message: 'is too long' }],
        retryAfterMs: 5,
      },
    ],
    [
      new GraphQLError('x', { originalError: new Error('secret'), path: ['a'], nodes }),
      'A fault in the gateway',
      { code: 'internal' },
    ],
    [
      new GraphQLError('secret', { originalError: new GraphQLError('secret'), path: ['a'], nodes }),
      'A fault in the gateway',
      { code: 'internal' },
    ],
    [
      new GraphQLError('Argument is null', { originalError: new GraphQLError('x', { nodes }), path: ['a'] }),
      'Argument is null',
      { code: 'invalid_query' },
    ],
    [new GraphQLError('Unknown operation'), 'Unknown operation', { code: 'invalid_query', status: 400 }],
  ]
  for (const [error, message, extensions] of table) {
    const { body } = await sent(result({ data: null, errors: [error] }))
    const [shown] = body.errors
    assert.equal(shown.message, message)
    assert.deepEqual({ ...shown.extensions, ...extensions }, shown.extensions)
    assert.doesNotMatch(JSON.stringify(body), /secret/)
  }
})
