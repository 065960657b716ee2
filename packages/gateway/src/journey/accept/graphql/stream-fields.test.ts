import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createClient, type ExecutionResult } from 'graphql-sse'
import type { StreamEvent } from '../../../kernel/answer.ts'
import type { Call } from '../../../kernel/call.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { closed, fakeCatalog, text } from './testing/fake-catalog.ts'
import { type FakeDoor, fakeDoor, serverWith, streamOf } from './testing/fake-door.ts'

const chunk = closed({ 'text-delta': { type: 'string' } })
const catalog = fakeCatalog({ 'echo-chat': { 1: { ...text, chunk } }, spam: { 1: text } })
const query = `subscription ($input: EchoChatV1Input!) { echoChatV1(input: $input, options: {unit: "u"}) {
  type id model version cached chunk { textDelta } usage { items } } }`
const variables = { input: { text: 'hi' } }
const nothing = { id: null, model: null, version: null, cached: null, chunk: null, usage: null }

async function* words(): AsyncGenerator<StreamEvent, void> {
  yield { type: 'chunk', chunk: { 'text-delta': 'a' } }
  yield { type: 'chunk', chunk: { 'text-delta': 'b' } }
  yield { type: 'answer-end', usage: { items: 1 } }
}

async function serving(door: FakeDoor, use: (url: string) => Promise<void>): Promise<void> {
  const http = serverWith(door, graphqlEmit)
  try {
    await use(`${await http.listen({ port: 0, host: '127.0.0.1' })}/graphql`)
  } finally {
    await http.close()
  }
}

async function subscribe(url: string, query: string): Promise<ExecutionResult[]> {
  const client = createClient({ url, retryAttempts: 0 })
  const results: ExecutionResult[] = []
  for await (const result of client.iterate({ query, variables })) results.push(result as ExecutionResult)
  client.dispose()
  return results
}

const codesOf = (result: ExecutionResult | undefined) => result?.errors?.map(({ extensions }) => extensions.code)

test('a subscription streams a call: its head, each chunk, its end', async () => {
  const door = fakeDoor({ catalog, serve: (call) => streamOf(call, words()) })
  await serving(door, async (url) => {
    const results = await subscribe(url, query)
    assert.deepEqual(
      results.map(({ data }) => data),
      [
        {
          echoChatV1: {
            ...nothing,
            type: 'answer-start',
            id: 'call-1',
            model: 'echo-chat',
            version: '1.1',
            cached: false,
          },
        },
        { echoChatV1: { ...nothing, type: 'chunk', chunk: { textDelta: 'a' } } },
        { echoChatV1: { ...nothing, type: 'chunk', chunk: { textDelta: 'b' } } },
        { echoChatV1: { ...nothing, type: 'answer-end', usage: { items: 1 } } },
      ],
    )
    const [call] = door.calls
    assert.deepEqual(
      [call?.stream, call?.batch, call?.inputs, call?.options],
      [true, false, [{ text: 'hi' }], { unit: 'u' }],
    )
  })
})

test('an error in mid-stream is the last event, and the stream completes', async () => {
  async function* cut(): AsyncGenerator<StreamEvent, void> {
    yield { type: 'chunk', chunk: { 'text-delta': 'a' } }
    throw new AstraError('upstream_failed', { reason: 'secret' })
  }
  const door = fakeDoor({ catalog, serve: (call) => streamOf(call, cut()) })
  await serving(door, async (url) => {
    const results = await subscribe(url, query)
    assert.equal(results.length, 3)
    assert.deepEqual(results[2]?.data, { echoChatV1: null })
    assert.deepEqual(codesOf(results[2]), ['upstream_failed'])
    assert.equal(results[2]?.errors?.[0]?.extensions.callId, 'call-1')
    assert.doesNotMatch(JSON.stringify(results), /secret/)
  })
})

test('what cannot be streamed at all is one event with errors', async () => {
  const refuse = () => Promise.reject(new AstraError('model_forbidden'))
  await serving(fakeDoor({ catalog, serve: refuse }), async (url) => {
    const refused = await subscribe(url, query)
    assert.deepEqual(refused.map(codesOf), [['model_forbidden']])
    const invalid = await subscribe(url, 'subscription { nope }')
    assert.deepEqual(invalid.map(codesOf), [['invalid_query']])
    const response = await post(url, '{"query": 5}')
    assert.equal(response.status, 400)
    assert.equal(
      ((await response.json()) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code,
      'invalid_body',
    )
  })
})

function post(url: string, body: string, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
  return fetch(url, { method: 'POST', headers, body, ...(signal ? { signal } : {}) })
}

test('the events on the wire', async () => {
  await serving(fakeDoor({ catalog, serve: (call) => streamOf(call, words()) }), async (url) => {
    const small = 'subscription { echoChatV1(input: {text: "x"}) { type } }'
    const response = await post(url, JSON.stringify({ query: small }))
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('astra-call-id'), 'call-1')
    const next = (type: string) => `event: next\ndata: {"data":{"echoChatV1":{"type":"${type}"}}}\n\n`
    const types = ['answer-start', 'chunk', 'chunk', 'answer-end']
    assert.equal(await response.text(), `${types.map(next).join('')}event: complete\ndata:\n\n`)
    const plain = await post(url, JSON.stringify({ query: '{ __typename }' }))
    assert.equal(await plain.text(), 'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete\ndata:\n\n')
  })
})

test('a client that takes JSON and streams gets each where it belongs', async () => {
  await serving(fakeDoor({ catalog, serve: (call) => streamOf(call, words()) }), async (url) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const typeOf = async (body: unknown) => {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      await response.text()
      return response.headers.get('content-type')
    }
    assert.equal(await typeOf({ query: '{ __typename }' }), 'application/json; charset=utf-8')
    assert.equal(await typeOf({ query: 'subscription { nope }' }), 'application/json; charset=utf-8')
    assert.equal(await typeOf({ query, variables }), 'text/event-stream; charset=utf-8')
  })
})

test('a subscription without a stream says what to send', async () => {
  await serving(fakeDoor({ catalog }), async (url) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
    const { errors } = (await response.json()) as { errors: { message: string; extensions: Record<string, unknown> }[] }
    assert.equal(errors[0]?.extensions.code, 'invalid_query')
    assert.equal(errors[0]?.extensions.next, 'Send "Accept: text/event-stream".')
  })
})

test('leaving aborts the call and closes its events', async () => {
  const left = Promise.withResolvers<boolean>()
  const closedEvents = Promise.withResolvers<void>()
  async function* endless({ signal }: Call): AsyncGenerator<StreamEvent, void> {
    signal.addEventListener('abort', () => left.resolve(signal.aborted))
    try {
      yield { type: 'chunk', chunk: { 'text-delta': 'a' } }
      await left.promise
      yield { type: 'chunk', chunk: { 'text-delta': 'b' } }
    } finally {
      closedEvents.resolve()
    }
  }
  await serving(fakeDoor({ catalog, serve: (call) => streamOf(call, endless(call)) }), async (url) => {
    const client = createClient({ url, retryAttempts: 0 })
    for await (const { data } of client.iterate<{ echoChatV1: { type: string } }>({ query, variables })) {
      if (data?.echoChatV1.type === 'chunk') break
    }
    assert.equal(await left.promise, true)
    await closedEvents.promise
  })
})

test('a reader that does not read holds the stream back', async () => {
  let made = 0
  const big = 'x'.repeat(100_000)
  async function* flood(): AsyncGenerator<StreamEvent, void> {
    for (; made < 5_000; made++) yield { type: 'chunk', chunk: { 'text-delta': big } }
  }
  await serving(fakeDoor({ catalog, serve: (call) => streamOf(call, flood()) }), async (url) => {
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    const body = JSON.stringify({ query, variables })
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await once(socket, 'readable')
    // Nothing is read: once the socket's buffers are full, no more chunks are taken however often the loop turns.
    for (let before = -1; before !== made; ) {
      before = made
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    }
    assert.ok(made < 1_000, `${made} chunks were taken from upstream`)
    socket.destroy()
  })
})
