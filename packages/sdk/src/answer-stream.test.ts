import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { createFakeClock } from '../test/fake-clock.ts'
import { type Handler, startFakeGateway } from '../test/fake-gateway.ts'
import { createClient } from '../test/types/generated/astra-models.ts'
import {
  callId,
  drip,
  head,
  json,
  problem,
  problemBody,
  raw,
  sse,
  stream,
  streamHeaders,
  unfinished,
  wholeStory,
} from '../test/wire.ts'
import { StreamCutError } from './errors.ts'

function client(url: string, more: object = {}) {
  const { story } = createClient({ url, key: 'k', ...more }).models
  return (options = {}) => story.v1.stream({ prompt: 'A fox' }, options)
}

async function read<T>(chunks: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

test('chunks, then usage; who answers is known at the start', async (t) => {
  const gateway = await startFakeGateway(t, stream(...wholeStory))
  const answer = client(gateway.url)({ unit: 'user-1' })
  assert.deepEqual(await answer.answer, head)
  assert.deepEqual(await read(answer), [{ text: 'Once ' }, { text: 'upon a time' }])
  assert.deepEqual(await answer.usage, { items: 1, outputTokens: 4 })
  const [request] = gateway.requests
  assert.equal(request?.headers.accept, 'text/event-stream')
  assert.equal(request.headers['astra-unit'], 'user-1')
  assert.deepEqual(request.body, { input: { prompt: 'A fox' } })
})

test('a stream that drips in byte by byte, with comments and events of a newer gateway', async (t) => {
  const text = `: ping\n\n${sse(...wholeStory.slice(0, 1), ['chunk', { text: 'é€😀' }], ['progress', 'x'], ...wholeStory.slice(3))}`
  const gateway = await startFakeGateway(t, drip(text.replaceAll('\n', '\r\n'), streamHeaders))
  assert.deepEqual(await read(client(gateway.url)()), [{ text: 'é€😀' }])
})

test('no chunk is held back for the next', async (t) => {
  const steps: (() => void)[] = []
  const gateway = await startFakeGateway(t, (response) => {
    response.writeHead(200, streamHeaders)
    const send = (i: number) => {
      const event = wholeStory[i]
      if (event) response.write(sse(event))
      if (i === wholeStory.length - 1) response.end()
      steps.push(() => send(i + 1))
    }
    send(0)
  })
  const answer = client(gateway.url)()
  await answer.answer
  const iterator = answer[Symbol.asyncIterator]()
  for (const text of ['Once ', 'upon a time']) {
    steps.pop()?.()
    assert.deepEqual(await iterator.next(), { done: false, value: { text } })
  }
  steps.pop()?.()
  assert.deepEqual(await iterator.next(), { done: true, value: undefined })
})

test('an answer without chunks', async (t) => {
  const gateway = await startFakeGateway(t, stream(['answer-start', head], ['answer-end', { usage: { items: 1 } }]))
  const answer = client(gateway.url)()
  assert.deepEqual(await read(answer), [])
  assert.deepEqual(await answer.usage, { items: 1 })
})

test('leaving the loop cancels the request', async (t) => {
  const gateway = await startFakeGateway(t, unfinished(sse(...wholeStory.slice(0, 3))))
  const answer = client(gateway.url)()
  for await (const { text } of answer) {
    assert.equal(text, 'Once ')
    break
  }
  await gateway.requests[0]?.left
  await assert.rejects(answer.usage, { name: 'CancelledError', detail: 'The stream was left before its end' })
})

test('an exception in the loop cancels the request too', async (t) => {
  const gateway = await startFakeGateway(t, unfinished(sse(...wholeStory.slice(0, 3))))
  const thrown = new Error('disk full')
  await assert.rejects(async () => {
    for await (const _ of client(gateway.url)()) throw thrown
  }, thrown)
  await gateway.requests[0]?.left
})

const cuts: readonly (readonly [what: string, handler: Handler])[] = [
  ['ends cleanly', raw(200, sse(...wholeStory.slice(0, 3)), streamHeaders)],
  ['ends in the middle of the last event', raw(200, sse(...wholeStory).slice(0, -1), streamHeaders)],
  [
    'breaks',
    (response, request) => unfinished(sse(...wholeStory.slice(0, 3)), () => response.destroy())(response, request),
  ],
]

for (const [what, handler] of cuts) {
  test(`a stream that ${what} without answer-end is cut`, async (t) => {
    const gateway = await startFakeGateway(t, handler)
    const answer = client(gateway.url)()
    const texts: string[] = []
    await assert.rejects(
      async () => {
        for await (const { text } of answer) texts.push(text)
      },
      (error) => {
        assert.ok(error instanceof StreamCutError)
        assert.equal(error.code, 'stream_cut')
        assert.equal(error.callId, callId)
        assert.equal(error.retryable, false)
        return true
      },
    )
    assert.deepEqual(texts, ['Once ', 'upon a time'])
    assert.deepEqual(await answer.answer, head)
    await assert.rejects(answer.usage, StreamCutError)
    assert.equal(gateway.requests.length, 1)
  })
}

test('an error event ends the stream with that error', async (t) => {
  const error = problemBody('upstream_failed', 502, { callId })
  const gateway = await startFakeGateway(t, stream(...wholeStory.slice(0, 2), ['error', error]))
  const answer = client(gateway.url)()
  const expected = { name: 'UpstreamError', code: 'upstream_failed', status: 502, callId, detail: /upstream_failed/ }
  await assert.rejects(read(answer), expected)
  await assert.rejects(answer.usage, expected)
})

test('a refusal before the stream, repeated where that is safe', async (t) => {
  const gateway = await startFakeGateway(t, problem('overloaded', 503), stream(...wholeStory))
  const clock = createFakeClock()
  assert.equal((await read(client(gateway.url, { clock })())).length, 2)
  gateway.play(problem('not_streamable', 406))
  const answer = client(gateway.url)()
  await assert.rejects(answer.answer, { name: 'InputError', code: 'not_streamable' })
  await assert.rejects(read(answer), { code: 'not_streamable' })
  assert.equal(gateway.requests.length, 3)
})

const strange: readonly (readonly [what: string, handler: Handler, detail: RegExp])[] = [
  ['JSON in place of a stream', json(200, { output: 1 }), /status 200, application\/json.*not AstraAPI's/],
  ['204 in place of a stream', raw(204, ''), /status 204/],
  ['a chunk that is no JSON', raw(200, 'event: chunk\ndata: {"te\n\n', streamHeaders), /cannot be read: chunk \{"te/],
  ['a start that names nobody', stream(['answer-start', { id: 7 }]), /cannot be read: answer-start/],
  ['an end without usage', stream(...wholeStory.slice(0, 2), ['answer-end', {}]), /cannot be read: answer-end/],
  ['an error that says nothing', stream(['error', 'oops']), /cannot be read: error "oops"/],
]

for (const [what, handler, detail] of strange) {
  test(`${what} is no answer`, async (t) => {
    const gateway = await startFakeGateway(t, handler)
    await assert.rejects(read(client(gateway.url)()), { name: 'ConnectionError', code: 'invalid_answer', detail })
  })
}

test('an end without a start: who answered is not known, and nobody waits for it', async (t) => {
  const gateway = await startFakeGateway(t, stream(...wholeStory.slice(1)))
  const answer = client(gateway.url)()
  assert.equal((await read(answer)).length, 2)
  await assert.rejects(answer.answer, { code: 'invalid_answer' })
})

test('a signal ends the loop at once', async (t) => {
  const gateway = await startFakeGateway(t, unfinished(sse(...wholeStory.slice(0, 2))))
  const controller = new AbortController()
  const answer = client(gateway.url)({ signal: controller.signal })
  await assert.rejects(
    async () => {
      for await (const _ of answer) controller.abort()
    },
    { name: 'CancelledError', code: 'cancelled' },
  )
  await assert.rejects(answer.usage, { code: 'cancelled' })
  await gateway.requests[0]?.left
})

test('the time limit covers the stream to its end, also when nobody reads it', async (t) => {
  const gateway = await startFakeGateway(t, unfinished(sse(...wholeStory.slice(0, 2))))
  const clock = createFakeClock()
  const answer = client(gateway.url, { clock })({ timeoutMs: 30_000 })
  await answer.answer
  assert.equal(gateway.requests[0]?.headers['astra-timeout'], '30000ms')
  clock.expire()
  await assert.rejects(answer.usage, { name: 'TimeoutError' })
  await gateway.requests[0].left
})

test('failures that nobody looks at are no unhandled rejections', async (t) => {
  const gateway = await startFakeGateway(t, problem('internal', 500))
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  client(gateway.url)()
  await client(gateway.url)().answer.catch(() => {})
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  assert.deepEqual(unhandled, [])
})

test('a stream can be read once', async (t) => {
  const gateway = await startFakeGateway(t, stream(...wholeStory))
  const answer = client(gateway.url)()
  await read(answer)
  await assert.rejects(read(answer), { name: 'TypeError', message: /read once/ })
})

test('an answer read to its end leaves its connection whole and serving', async (t) => {
  const ports = new Set<number | undefined>()
  const gateway = await startFakeGateway(t, (response, request) => {
    ports.add(response.socket?.remotePort)
    stream(...wholeStory)(response, request)
  })
  const { signal } = new AbortController()
  let left = false
  for (let call = 0; call < 5; call++) {
    await read(client(gateway.url)({ signal }))
    gateway.requests[call]?.left.then(() => {
      left = true
    })
    await new Promise(setImmediate)
  }
  assert.equal(left, false)
  assert.equal(ports.size, 1)
})

test('a gateway slow to close behind the end of the answer sees no caller leave', async (t) => {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>()
  const gateway = await startFakeGateway(t, (response, request) => {
    unfinished(sse(...wholeStory))(response, request)
    resolve(response)
  })
  await read(client(gateway.url)())
  const response = await promise
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  const closed = new Promise((done) => response.once('close', done))
  response.end()
  await closed
  assert.equal(response.writableFinished, true)
})

test('a connection held open behind the end of the answer holds nobody up', async (t) => {
  const gateway = await startFakeGateway(t, unfinished(sse(...wholeStory)))
  const answer = client(gateway.url, { clock: createFakeClock() })()
  assert.equal((await read(answer)).length, 2)
  await gateway.requests[0]?.left
})
