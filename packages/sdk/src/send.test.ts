import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createFakeClock } from '../test/fake-clock.ts'
import { type Handler, startFakeGateway } from '../test/fake-gateway.ts'
import { callId, drip, json, problem, raw, reset, spamAnswer } from '../test/wire.ts'
import { createAstra } from './create-astra.ts'
import { AstraError, CancelledError, ConnectionError, TimeoutError, UpstreamError } from './errors.ts'

function client(url: string, more: object = {}) {
  const clock = createFakeClock()
  const astra = createAstra({ url, key: 'k', clock, random: () => 0.5, timeoutMs: 60_000, ...more })
  return { clock, predict: (options = {}) => astra.model('spam', 'v1').predict({ text: 'a' }, options) }
}

const hang: Handler = () => {}

for (const code of ['overloaded', 'upstream_unavailable', 'accounting_unavailable', 'stopping', 'store_unavailable']) {
  test(`503 ${code} is repeated: nothing ran upstream`, async (t) => {
    const gateway = await startFakeGateway(t, problem(code, 503), problem(code, 503), json(200, spamAnswer))
    const { clock, predict } = client(gateway.url)
    assert.deepEqual(await predict(), spamAnswer)
    assert.equal(gateway.requests.length, 3)
    assert.deepEqual(clock.waits, [125, 250])
  })
}

test('the wait is what the body asks for, else the header, on top of the jitter', async (t) => {
  const gateway = await startFakeGateway(
    t,
    problem('overloaded', 503, { retryAfterMs: 1500 }, { 'retry-after': '2' }),
    raw(429, 'slow down', { 'retry-after': '3' }),
    json(200, spamAnswer),
  )
  const { clock, predict } = client(gateway.url)
  await predict()
  assert.deepEqual(clock.waits, [1625, 3250])
})

test('Retry-After may be a date', async (t) => {
  const dates = { date: 'Sun, 01 Nov 2026 00:00:00 GMT', 'retry-after': 'Sun, 01 Nov 2026 00:00:04 GMT' }
  const gateway = await startFakeGateway(t, raw(429, '', dates), json(200, spamAnswer))
  const { clock, predict } = client(gateway.url)
  await predict()
  assert.deepEqual(clock.waits, [4125])
})

test('after the last retry the error comes through, with all that it says', async (t) => {
  const gateway = await startFakeGateway(t, problem('overloaded', 503, { callId, retryAfterMs: 700 }))
  const { predict } = client(gateway.url)
  await assert.rejects(predict(), {
    name: 'LimitError',
    code: 'overloaded',
    status: 503,
    detail: 'Detail of overloaded',
    next: 'Do something else.',
    callId,
    retryAfterMs: 700,
    retryable: true,
  })
  assert.equal(gateway.requests.length, 3)
})

test('no retries when turned off', async (t) => {
  const gateway = await startFakeGateway(t, problem('overloaded', 503))
  await assert.rejects(client(gateway.url, { retries: 0 }).predict(), { code: 'overloaded' })
  assert.equal(gateway.requests.length, 1)
})

test('no wait past the time limit: the error comes at once', async (t) => {
  const gateway = await startFakeGateway(t, problem('overloaded', 503, { retryAfterMs: 59_999 }))
  const { clock, predict } = client(gateway.url)
  await assert.rejects(predict(), { code: 'overloaded' })
  assert.deepEqual(clock.waits, [])
})

const notRepeated: readonly (readonly [what: string, handler: Handler, expected: object])[] = [
  ['500', problem('internal', 500), { code: 'internal', name: 'UpstreamError' }],
  ['502', problem('upstream_failed', 502), { code: 'upstream_failed', name: 'UpstreamError' }],
  ['504', problem('timeout', 504), { code: 'timeout', name: 'TimeoutError', status: 504 }],
  ['503 of another kind', problem('something_new', 503), { code: 'something_new', name: 'UpstreamError' }],
  ['422', problem('invalid_input', 422), { code: 'invalid_input', name: 'InputError' }],
  ['a reset in the middle', reset, { code: 'connection_lost', name: 'ConnectionError' }],
  [
    'a body that is cut',
    (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"id"', () => response.destroy())
    },
    { code: 'connection_lost', name: 'ConnectionError' },
  ],
  [
    'the error page of a proxy',
    raw(503, '<html>\n<h1>503 Service  Unavailable</h1>', { 'content-type': 'text/html' }),
    {
      code: 'invalid_answer',
      name: 'UpstreamError',
      status: 503,
      detail: `The answer (status 503, text/html) is not AstraAPI's: "<html> <h1>503 Service Unavailable</h1>"`,
    },
  ],
  [
    'rubbish with status 200',
    raw(200, '{"id": ', {}),
    { code: 'invalid_answer', name: 'ConnectionError', status: 200 },
  ],
  ['JSON of another service', json(200, { hello: 'world' }), { code: 'invalid_answer', name: 'ConnectionError' }],
  ['204', raw(204, ''), { code: 'invalid_answer', detail: /status 204, no content type.*: it is empty$/ }],
  [
    'a redirect',
    raw(301, '', { location: 'https://astra.test/' }),
    { code: 'invalid_answer', detail: 'The address answered with a redirect to https://astra.test/' },
  ],
]

for (const [what, handler, expected] of notRepeated) {
  test(`not repeated: ${what}`, async (t) => {
    const gateway = await startFakeGateway(t, handler)
    await assert.rejects(client(gateway.url).predict(), expected)
    assert.equal(gateway.requests.length, 1)
  })
}

test('a long page of a proxy is shortened, and its call id kept', async (t) => {
  const gateway = await startFakeGateway(t, raw(502, 'x'.repeat(9999), { 'astra-call-id': callId }))
  await assert.rejects(client(gateway.url).predict(), (error) => {
    assert.ok(error instanceof UpstreamError)
    assert.equal(error.callId, callId)
    assert.ok(error.message.length < 400)
    return true
  })
})

test('a refused connection is tried again', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  const { clock, predict } = client(`http://127.0.0.1:${port}`)
  await assert.rejects(predict(), { name: 'ConnectionError', code: 'connection_failed', status: undefined })
  assert.equal(clock.waits.length, 2)
})

test('an answer that drips in byte by byte is read', async (t) => {
  const gateway = await startFakeGateway(t, drip(JSON.stringify(spamAnswer), {}))
  assert.deepEqual(await client(gateway.url).predict(), spamAnswer)
})

test('a gateway that never answers: the time limit ends the call', async (t) => {
  const gateway = await startFakeGateway(t, () => clock.expire())
  const { clock, predict } = client(gateway.url)
  await assert.rejects(predict(), (error) => {
    assert.ok(error instanceof TimeoutError)
    assert.equal(error.detail, 'The time limit of 60000 ms ran out')
    assert.equal(error.status, undefined)
    return true
  })
  assert.equal(gateway.requests.length, 1)
  await gateway.requests[0]?.left
})

test('the time limit covers the body too', async (t) => {
  const gateway = await startFakeGateway(t, (response) => {
    response.writeHead(200)
    response.write('{', () => setImmediate(clock.expire))
  })
  const { clock, predict } = client(gateway.url)
  await assert.rejects(predict(), { name: 'TimeoutError' })
})

test('it really is a clock', async (t) => {
  const gateway = await startFakeGateway(t, hang)
  const endpoint = createAstra({ url: gateway.url, key: 'k' }).model('spam', 'v1')
  await assert.rejects(endpoint.predict(1, { timeoutMs: 20 }), { code: 'timeout', detail: /of 20 ms/ })
})

test('what is left of the time limit goes along with each attempt', async (t) => {
  const gateway = await startFakeGateway(t, problem('stopping', 503, { retryAfterMs: 1000 }), json(200, spamAnswer))
  await client(gateway.url).predict({ timeoutMs: 30_000 })
  const sent = gateway.requests.map(({ headers }) => headers['astra-timeout'])
  assert.deepEqual(sent, ['30000ms', '28875ms'])
})

test("without a chosen limit the contract's own holds", async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  await client(gateway.url, { timeoutMs: undefined }).predict()
  assert.equal(gateway.requests[0]?.headers['astra-timeout'], undefined)
})

test('a signal that aborted already sends nothing', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  const reason = new Error('changed my mind')
  await assert.rejects(client(gateway.url).predict({ signal: AbortSignal.abort(reason) }), (error) => {
    assert.ok(error instanceof CancelledError)
    assert.equal(error.cause, reason)
    return true
  })
  assert.equal(gateway.requests.length, 0)
})

test('a signal ends the call in the middle, and the gateway sees it', async (t) => {
  const controller = new AbortController()
  const gateway = await startFakeGateway(t, () => controller.abort())
  await assert.rejects(client(gateway.url).predict({ signal: controller.signal }), { code: 'cancelled' })
  await gateway.requests[0]?.left
})

test('a signal ends a wait between attempts', async (t) => {
  const controller = new AbortController()
  const gateway = await startFakeGateway(t, problem('overloaded', 503))
  const clock = createFakeClock(() => controller.abort())
  await assert.rejects(client(gateway.url, { clock }).predict({ signal: controller.signal }), { code: 'cancelled' })
  assert.equal(gateway.requests.length, 1)
})

test('a fetch that heeds no signal is left behind all the same', async () => {
  const controller = new AbortController()
  const deaf = () => {
    controller.abort()
    return new Promise<never>(() => {})
  }
  const { predict } = client('http://astra.test', { fetch: deaf })
  await assert.rejects(predict({ signal: controller.signal }), { code: 'cancelled' })
})

test('nothing is left behind on a signal that lives on', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer), problem('internal', 500))
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  const { predict } = client(gateway.url)
  await predict({ signal })
  await assert.rejects(predict({ signal }), AstraError)
  assert.equal(listeners, 0)
})

test('a fetch of one’s own sees plain requests', async () => {
  const seen: string[] = []
  const fetchOwn = async (url: string, init: RequestInit) => {
    seen.push(`${init.method} ${url} ${init.body}`)
    return Response.json(spamAnswer)
  }
  await client('http://astra.test/', { fetch: fetchOwn }).predict()
  assert.deepEqual(seen, ['POST http://astra.test/models/spam/v1/predict {"input":{"text":"a"}}'])
})

test('a thrown something of fetch is still an AstraError', async () => {
  const { predict } = client('http://astra.test/', { fetch: () => Promise.reject('gone') })
  await assert.rejects(predict(), ConnectionError)
})
