import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'
import { answerOf, clientOf, fakeDoor, serverWith } from './testing/fake-door.ts'

const catalog = fakeCatalog({ spam: { 1: text, 2: text }, 'support-chat': { 1: text } })
const spamQuery = '{ models { spam { v1(input: {text: "hi"}) { id } } } }'

test('each call of a request has an Idempotency-Key of its own, which no text that a caller may send is by chance', async () => {
  const door = fakeDoor({ catalog })
  const ask = clientOf(door, graphqlEmit)
  const query =
    '{ models { spam { a: v1(input: {text: "a"}) { id } b: v1(input: {text: "b"}) { id } c: v1(input: {text: "c"}) { id } } } }'
  await ask(query, {}, { 'idempotency-key': 'k' })
  await ask(query, {}, { 'idempotency-key': 'k' })
  const keys = door.calls.map(({ options }) => options.idempotencyKey)
  assert.deepEqual(keys.slice(0, 3), keys.slice(3))
  assert.deepEqual([keys[0], new Set(keys).size], ['k', 3])
  assert.ok(keys.slice(1, 3).every((key) => key?.length === 43))
})

test('a model is called by its field, and answers in the form that was asked for', async () => {
  const door = fakeDoor({ catalog })
  const query = `query ($input: SpamV2Input!) { models { spam { v2(input: $input, options: {unit: "u1", timeoutMs: 800}) {
    id model version cached output { label score } usage { items inputTokens } } } } }`
  const { status, headers, data, errors } = await clientOf(door, graphqlEmit)(
    query,
    { input: { text: 'win' } },
    { 'astra-unit': 'header', 'astra-session': 's1', traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` },
  )
  assert.equal(status, 200)
  assert.equal(errors, undefined)
  assert.deepEqual(data, {
    models: {
      spam: {
        v2: {
          id: 'call-1',
          model: 'spam',
          version: '1.1',
          cached: false,
          output: { label: 'spam', score: 0.75 },
          usage: { items: 1, inputTokens: null },
        },
      },
    },
  })
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['astra-call-id'], 'call-1')
  const [call] = door.calls
  const { signal: _, ...rest } = call ?? {}
  assert.deepEqual(rest, {
    id: 'call-1',
    door: 'graphql',
    model: 'spam',
    major: 2,
    inputs: [{ text: 'win' }],
    batch: false,
    stream: false,
    options: { unit: 'u1', timeoutMs: 800, session: 's1' },
    receivedAt: 1_000,
    startedAt: 5,
    trace: { traceId: 'ab'.repeat(16), sampled: true, tracestate: undefined },
  })
})

test('every alias is a call of its own, made in parallel; one failure spares its siblings', async () => {
  let waiting = 0
  let go = () => {}
  const all = new Promise<void>((resolve) => {
    go = resolve
  })
  const door = fakeDoor({
    catalog,
    async serve(call) {
      if (++waiting === 3) go()
      await all
      if (call.model === 'support-chat') {
        throw new AstraError('overloaded', { retryAfterMs: 1500, reason: 'secret queue 7', detail: 'Too busy' })
      }
      return answerOf(call, [{ label: 'ham', score: 1 }])
    },
  })
  const { status, headers, data, errors } = await clientOf(
    door,
    graphqlEmit,
  )(`{ models {
    spam { a: v1(input: {text: "a"}) { id output { label } } b: v1(input: {text: "b"}) { output { label } } }
    supportChat { v1(input: {text: "c"}) { id } } } }`)
  assert.equal(status, 200)
  assert.deepEqual(data, {
    models: {
      spam: { a: { id: 'call-1', output: { label: 'ham' } }, b: { output: { label: 'ham' } } },
      supportChat: { v1: null },
    },
  })
  assert.deepEqual(errors, [
    {
      message: 'Too busy',
      locations: [{ line: 3, column: 19 }],
      path: ['models', 'supportChat', 'v1'],
      extensions: {
        code: 'overloaded',
        status: 503,
        callId: 'call-3',
        next: 'Repeat after the time in Retry-After.',
        retryAfterMs: 1500,
      },
    },
  ])
  assert.equal(headers['astra-error-code'], 'overloaded')
  assert.equal(headers['astra-call-id'], undefined)
})

test('a batch answers per input', async () => {
  const violations = [{ path: '/inputs/1/text', message: 'is too long', suggestion: 'Shorten it' }]
  const door = fakeDoor({
    catalog,
    serve: (call) => ({
      ...answerOf(call, [{ label: 'ham', score: 1 }]),
      kind: 'whole',
      items: [
        { output: { label: 'ham', score: 1 } },
        { error: new AstraError('invalid_input', { violations, reason: 'secret' }) },
      ],
      usage: { items: 2 },
      timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 },
    }),
  })
  const { data, errors } = await clientOf(
    door,
    graphqlEmit,
  )(`{ models { spam { v1Batch(inputs: [{text: "a"}, {text: "b"}]) {
    version results { output { label } error { code title detail next errors { path message suggestion } } } usage { items }
  } } } }`)
  assert.equal(errors, undefined)
  assert.equal(door.calls[0]?.batch, true)
  assert.deepEqual(door.calls[0]?.inputs, [{ text: 'a' }, { text: 'b' }])
  const error = {
    code: 'invalid_input',
    title: 'The input does not fit the contract',
    detail: 'The input does not fit the contract',
    next: 'Correct the places that are named.',
    errors: violations,
  }
  assert.deepEqual(data, {
    models: {
      spam: {
        v1Batch: {
          version: '1.1',
          results: [
            { output: { label: 'ham' }, error: null },
            { output: null, error },
          ],
          usage: { items: 2 },
        },
      },
    },
  })
})

test('what a stranger throws leaves no trace outside', async () => {
  const door = fakeDoor({ catalog, serve: () => Promise.reject(new TypeError('secret /etc/path')) })
  const { errors, headers } = await clientOf(door, graphqlEmit)(spamQuery)
  assert.equal(errors?.[0]?.message, 'A fault in the gateway')
  assert.equal(errors?.[0]?.extensions.code, 'internal')
  assert.equal(errors?.[0]?.extensions.callId, 'call-1')
  assert.equal(headers['astra-error-code'], 'internal')
  assert.doesNotMatch(JSON.stringify(errors), /secret/)
})

test('an answer that breaks its type is a fault of the gateway, not of the query', async () => {
  const door = fakeDoor({ catalog, serve: (call) => answerOf(call, [{ label: 'secret', score: 1 }]) })
  const { data, errors } = await clientOf(
    door,
    graphqlEmit,
  )('{ models { spam { v1(input: {text: "a"}) { output { label } } } } }')
  assert.deepEqual(data, { models: { spam: { v1: null } } })
  assert.equal(errors?.[0]?.extensions.code, 'internal')
  assert.doesNotMatch(JSON.stringify(errors), /secret/)
})

test('an option that cannot be read refuses its call, which is kept', async () => {
  const door = fakeDoor({ catalog })
  const ask = clientOf(door, graphqlEmit)
  const { data, errors } = await ask(`{ models { spam {
    a: v1(input: {text: "a"}, options: {cache: "no-store", timeoutMs: 0}) { id } b: v1(input: {text: "b"}) { id } } } }`)
  assert.deepEqual(data, { models: { spam: { a: null, b: { id: 'call-2' } } } })
  assert.equal(errors?.[0]?.extensions.code, 'invalid_option')
  assert.deepEqual(
    door.refused.map(({ call, error }) => [call.id, call.model, error.code]),
    [['call-1', 'spam', 'invalid_option']],
  )
  const header = await ask(spamQuery, {}, { 'astra-timeout': 'soon' })
  assert.match(header.errors?.[0]?.message ?? '', /Astra-Timeout must be a duration/)
})

test('what graphql-js says of a request is said with a code', async () => {
  const ask = clientOf(fakeDoor({ catalog }), graphqlEmit)
  const table: readonly [query: string, variables: unknown, message: RegExp][] = [
    ['{ models {', undefined, /^Syntax Error: Expected Name/],
    ['{ models { spamm { v1(input: {text: "a"}) { id } } } }', undefined, /"spamm" on type "Models".*mean "spam"/],
    ['{ models { nothingLikeIt { v1 { id } } } }', undefined, /"nothingLikeIt" on type "Models"/],
    ['{ models { spam { v1(input: {text: 5}) { id } } } }', undefined, /String cannot represent/],
    ['{ models { spam { v9(input: {text: "a"}) { id } } } }', undefined, /Cannot query field "v9" on type "SpamModel"/],
    [
      'query ($i: SpamV1Input!) { models { spam { v1(input: $i) { id } } } }',
      { i: {} },
      /Variable "\$i" has invalid value.*"text"/,
    ],
    ['query A { __typename } query B { __typename }', undefined, /Must provide operation name/],
    ['mutation { nothing }', undefined, /mutation/],
    ['subscription { spamV1(input: {text: "a"}) { id } }', undefined, /subscription|Subscription/],
  ]
  for (const [query, variables, message] of table) {
    const { status, data, errors, headers } = await ask(query, variables)
    assert.equal(status, 200, query)
    assert.equal(data, undefined, query)
    assert.match(errors?.[0]?.message ?? '', message)
    assert.equal(errors?.[0]?.extensions.code, 'invalid_query', query)
    assert.equal(headers['cache-control'], 'no-store')
    const strict = await ask(query, variables, { accept: 'application/graphql-response+json' })
    assert.equal(strict.status, 400, query)
    assert.match(String(strict.headers['content-type']), /^application\/graphql-response\+json/)
  }
})

test('validation errors are capped', async () => {
  const { errors } = await clientOf(
    fakeDoor({ catalog }),
    graphqlEmit,
  )(`{ ${Array.from({ length: 60 }, (_, n) => `nope${n}`).join(' ')} }`)
  assert.equal(errors?.length, 21)
  assert.match(errors?.at(-1)?.message ?? '', /Too many validation errors/)
})

test('a request that holds no document is refused in GraphQL’s shape', async () => {
  const http = serverWith(fakeDoor({ catalog }), graphqlEmit, 10_000)
  const json = { 'content-type': 'application/json' }
  const table: readonly [payload: string, headers: Record<string, string>, status: number, code: string][] = [
    ['{"query": ', json, 400, 'invalid_body'],
    ['', json, 400, 'invalid_body'],
    ['[]', json, 400, 'invalid_body'],
    ['{}', json, 400, 'invalid_body'],
    ['{"query": 5}', json, 400, 'invalid_body'],
    ['{"query": "{ __typename }", "variables": [1]}', json, 400, 'invalid_body'],
    ['{"query": "{ __typename }"}', { 'content-type': 'text/plain' }, 400, 'invalid_body'],
    [`{"query": "{ __typename }", "variables": ${'['.repeat(80)}${']'.repeat(80)}}`, json, 400, 'body_too_deep'],
    [`{"query": "${' '.repeat(10_000)}"}`, json, 413, 'body_too_large'],
  ]
  for (const [payload, headers, status, code] of table) {
    const response = await http.inject({ method: 'POST', url: '/graphql', headers, payload })
    const body = response.json() as {
      data?: unknown
      errors: { message: string; extensions: Record<string, unknown> }[]
    }
    assert.equal(response.statusCode, status, payload.slice(0, 60))
    assert.equal(body.errors[0]?.extensions.code, code, payload.slice(0, 60))
    assert.equal(response.headers['astra-error-code'], code)
    assert.equal(response.headers['cache-control'], 'no-store')
  }
})

test('405 when GET asks for inference or a mutation', async () => {
  const http = serverWith(fakeDoor({ catalog }), graphqlEmit)
  const get = (query: string, more: Record<string, string> = {}) =>
    http.inject({ method: 'GET', url: `/graphql?${new URLSearchParams({ query, ...more })}` })
  for (const query of [
    spamQuery,
    '{ models { __typename } }',
    '{ ...F } fragment F on Query { models { __typename } }',
  ]) {
    const response = await get(query)
    assert.equal(response.statusCode, 405, query)
    assert.equal(response.headers.allow, 'POST')
    assert.equal(response.json().errors[0].extensions.code, 'method_not_allowed')
  }
  const chosen = await get(`query A { __typename } query B ${spamQuery}`, { operationName: 'A' })
  assert.equal(chosen.statusCode, 200)
  assert.deepEqual(chosen.json(), { data: { __typename: 'Query' } })
  assert.equal((await get('{ __schema { queryType { name } } }')).json().data.__schema.queryType.name, 'Query')
})

test('a deprecated contract says so, and an example stands beside it', async () => {
  const old = { ...text, description: 'Is it spam?', examples: [{ input: { text: 'win' } }] }
  const deprecated = { since: '2026-11-01', sunset: '2027-06-01' }
  const ask = clientOf(
    fakeDoor({ catalog: fakeCatalog({ spam: { 1: { ...old, deprecated }, 2: text } }) }),
    graphqlEmit,
  )
  const { data } = await ask(
    '{ __type(name: "SpamModel") { fields(includeDeprecated: true) { name description deprecationReason } } }',
  )
  const reason = 'Deprecated since 2026-11-01; goes away on 2027-06-01.'
  const description = 'Is it spam?\n\nExample input: {"text":"win"}'
  assert.deepEqual(data, {
    __type: {
      fields: [
        { name: 'v1', description, deprecationReason: reason },
        { name: 'v1Batch', description, deprecationReason: reason },
        { name: 'v2', description: null, deprecationReason: null },
        { name: 'v2Batch', description: null, deprecationReason: null },
      ],
    },
  })
})

test('the signal of a call aborts when the client goes away', async (t) => {
  let tell = (_: boolean) => {}
  let begun = () => {}
  const aborted = new Promise<boolean>((resolve) => {
    tell = resolve
  })
  const serving = new Promise<void>((resolve) => {
    begun = resolve
  })
  const door = fakeDoor({
    catalog,
    serve: (call) =>
      new Promise((_, reject) => {
        call.signal.addEventListener('abort', () => {
          tell(call.signal.aborted)
          reject(new AstraError('cancelled'))
        })
        begun()
      }),
  })
  const http = serverWith(door, graphqlEmit)
  t.after(() => http.close())
  const url = await http.listen({ port: 0, host: '127.0.0.1' })
  const client = new AbortController()
  const headers = { 'content-type': 'application/json' }
  const asked = fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query: spamQuery }),
    signal: client.signal,
  })
  await serving
  client.abort()
  await assert.rejects(asked)
  assert.equal(await aborted, true)
})
