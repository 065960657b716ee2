import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

let gateway: TestGateway

before(async () => {
  gateway = await startTestGateway()
})
after(() => gateway.stop())

const predict = '/models/probe/v1/predict'
const good = { input: { text: 'hi' } }

interface Case {
  readonly name: string
  readonly send: () => Promise<{
    status: number
    headers: Headers
    body: { detail?: string; next?: string; callId?: string }
  }>
  readonly status: number
  readonly code: string
}

const cases: readonly Case[] = [
  { name: 'no key', send: () => gateway.ask('POST', predict, good, { key: '' }), status: 401, code: 'unauthenticated' },
  {
    name: 'an unknown key',
    send: () => gateway.ask('POST', predict, good, { key: 'astra_nope' }),
    status: 401,
    code: 'unauthenticated',
  },
  {
    name: 'a key of 10 kB',
    send: () => gateway.ask('POST', predict, good, { key: 'k'.repeat(10_000) }),
    status: 401,
    code: 'unauthenticated',
  },
  {
    name: 'a key with odd bytes',
    send: () => gateway.ask('POST', predict, good, { key: 'ÿþ~\t' }),
    status: 401,
    code: 'unauthenticated',
  },
  { name: 'an empty body', send: () => gateway.ask('POST', predict, ''), status: 400, code: 'invalid_body' },
  {
    name: 'a malformed body',
    send: () => gateway.ask('POST', predict, '{"input": '),
    status: 400,
    code: 'invalid_body',
  },
  { name: 'a list as body', send: () => gateway.ask('POST', predict, '[]'), status: 400, code: 'invalid_body' },
  {
    name: 'a body with a typo',
    send: () => gateway.ask('POST', predict, { imput: {} }),
    status: 400,
    code: 'invalid_body',
  },
  {
    name: 'a wrong type',
    send: () => gateway.ask('POST', predict, { input: { text: 5 } }),
    status: 422,
    code: 'invalid_input',
  },
  {
    name: '__proto__ as a field',
    send: () => gateway.ask('POST', predict, '{"input": {"text": "a", "__proto__": {"x": 1}}}'),
    status: 422,
    code: 'invalid_input',
  },
  {
    name: 'an unknown model',
    send: () => gateway.ask('POST', '/models/prbe/v1/predict', good),
    status: 404,
    code: 'unknown_model',
  },
  {
    name: 'an unknown major',
    send: () => gateway.ask('POST', '/models/probe/v2/predict', good),
    status: 404,
    code: 'unknown_major',
  },
  {
    name: 'a major that is none',
    send: () => gateway.ask('POST', '/models/probe/one/predict', good),
    status: 404,
    code: 'unknown_major',
  },
  {
    name: 'an unknown version',
    send: () => gateway.ask('POST', predict, good, { headers: { 'Astra-Version': '9' } }),
    status: 404,
    code: 'unknown_version',
  },
  {
    name: 'a retired version',
    send: () => gateway.ask('POST', predict, good, { headers: { 'Astra-Version': '0.9' } }),
    status: 410,
    code: 'version_retired',
  },
  {
    name: 'a bad option',
    send: () => gateway.ask('POST', predict, good, { headers: { 'Astra-Timeout': 'soon' } }),
    status: 400,
    code: 'invalid_option',
  },
  {
    name: 'a body over the contract’s limit',
    send: () => gateway.ask('POST', predict, { input: { text: 'x'.repeat(70_000) } }),
    status: 413,
    code: 'body_too_large',
  },
  {
    name: 'a body nested too deeply',
    send: () => gateway.ask('POST', predict, `{"input": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    status: 400,
    code: 'body_too_deep',
  },
  {
    name: 'too many items',
    send: () => gateway.ask('POST', predict, { inputs: Array(9).fill({ text: 'a' }) }),
    status: 413,
    code: 'too_many_items',
  },
  {
    name: 'streaming what does not stream',
    send: () => gateway.ask('POST', '/models/other/v1/predict', good, { headers: { Accept: 'text/event-stream' } }),
    status: 406,
    code: 'not_streamable',
  },
  {
    name: 'streaming the answer to a list',
    send: () => gateway.ask('POST', predict, { inputs: [{ text: 'a' }] }, { headers: { Accept: 'text/event-stream' } }),
    status: 406,
    code: 'not_streamable',
  },
  {
    name: 'a bad option, before the body is read',
    send: () => gateway.ask('POST', predict, '{', { headers: { 'Astra-Timeout': 'soon' } }),
    status: 400,
    code: 'invalid_option',
  },
  { name: 'an unknown path', send: () => gateway.ask('GET', '/api/v1/modles'), status: 404, code: 'unknown_route' },
  { name: 'a wrong method', send: () => gateway.ask('GET', predict), status: 405, code: 'method_not_allowed' },
  {
    name: 'an unknown field of an operation',
    send: () => gateway.ask('GET', '/api/v1/calls?modle=spam'),
    status: 422,
    code: 'invalid_input',
  },
  {
    name: 'a write without If-Match',
    send: () => gateway.ask('PUT', '/api/v1/manifest', { yaml: 'models: {}' }),
    status: 428,
    code: 'precondition_required',
  },
  {
    name: 'a write with a stale If-Match',
    send: () => gateway.ask('PUT', '/api/v1/manifest', { yaml: 'models: {}' }, { headers: { 'If-Match': '"999"' } }),
    status: 412,
    code: 'precondition_failed',
  },
  {
    name: 'a write with a weak If-Match',
    send: () => gateway.ask('PUT', '/api/v1/manifest', { yaml: 'models: {}' }, { headers: { 'If-Match': 'W/"1"' } }),
    status: 412,
    code: 'precondition_failed',
  },
  {
    name: 'feedback on a call that is not there',
    send: () => gateway.ask('POST', '/api/v1/feedback', { call: crypto.randomUUID(), metric: 'ok', value: true }),
    status: 404,
    code: 'unknown_call',
  },
]

describe('bad input gets a stable code and says what to do next', () => {
  for (const { name, send, status, code } of cases) {
    it(`${status} ${code} for ${name}`, async () => {
      const reply = await send()
      assert.equal(reply.headers.get('astra-error-code'), code, JSON.stringify(reply.body))
      assert.equal(reply.status, status)
      assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/)
      assert.ok(reply.body.next && reply.body.detail)
      assert.doesNotMatch(JSON.stringify(reply.body), /node_modules|\.ts:\d|at [A-Za-z]+ \(|Error:/, 'nothing internal')
    })
  }

  it('answers whole where a stream would only have been welcome', async () => {
    const headers = { Accept: 'application/json, text/event-stream' }
    for (const [path, body] of [
      ['/models/other/v1/predict', good],
      [predict, { inputs: [{ text: 'hi' }] }],
    ] as const) {
      const reply = await gateway.ask('POST', path, body, { headers })
      assert.equal(reply.status, 200)
      assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
    }
  })

  it('finds the Record of a body that cannot be read by its reference', async () => {
    await gateway.ask('POST', predict, '{', { headers: { 'Astra-Reference': 'broken-1' } })
    const until = performance.now() + 3000
    for (;;) {
      const { body } = await gateway.ask('GET', '/api/v1/calls?reference=broken-1')
      if (body.calls.length === 1) return assert.equal(body.calls[0].code, 'invalid_body')
      assert.ok(performance.now() < until, 'no Record with the reference')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })

  it('knows the caller of every refused call but those without a key', async () => {
    await gateway.ask('POST', predict, good)
    const { body } = await gateway.ask('GET', '/api/v1/status')
    const { received, recorded, refused } = body.calls
    assert.equal(received, recorded + refused)
    assert.equal(refused, 4)
  })
})

describe('what is not HTTP, or hardly', () => {
  for (const [name, bytes] of Object.entries({
    rubbish: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'a header of 100 kB': `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`,
    'odd bytes in a header': 'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Odd: \x00\x01\r\n\r\n',
    'two content lengths': `POST ${predict} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
    'a path that cannot be decoded': 'GET /models/%E0%A4%A/v1/predict HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  })) {
    it(`${name} gets a 4xx, and the process lives`, async () => {
      const { hostname, port } = new URL(gateway.url)
      const answer = await exchange(hostname, Number(port), bytes)
      assert.match(answer, /^HTTP\/1\.1 4\d\d /)
      assert.doesNotMatch(answer, /node_modules|\.ts:/)
      assert.equal((await gateway.ask('GET', '/health/live')).status, 200)
    })
  }

  it('a body that is too large without saying so gets 413, and the connection closes', async () => {
    const { hostname, port } = new URL(gateway.url)
    const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`
    const head = `POST ${predict} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${gateway.adminKey}\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answer = await exchange(hostname, Number(port), head + chunk.repeat(32))
    assert.match(answer, /^HTTP\/1\.1 413 /)
    assert.match(answer, /connection: close/i)
    assert.match(answer, /body_too_large/)
  })

  it('a caller who leaves in the middle of a body is recorded as cancelled', async () => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write(
      `POST ${predict} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${gateway.adminKey}\r\nContent-Length: 100\r\n\r\n{"inp`,
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
    const until = performance.now() + 3000
    for (;;) {
      const { body } = await gateway.ask('GET', '/api/v1/calls?limit=1&outcome=cancelled')
      if (body.calls.length === 1) break
      assert.ok(performance.now() < until, 'no Record of the cancelled call')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
})

function exchange(host: string, port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    let answer = ''
    socket.setTimeout(5000, () => socket.destroy(new Error(`no answer in 5 s; so far: ${answer}`)))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (answer.includes('\r\n\r\n')) socket.end()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      answer === '' && error.code !== 'ECONNRESET' ? reject(error) : undefined,
    )
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}
