import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { writeWhole } from '../journey/emit/write-whole.ts'
import { createMetrics } from '../journey/record/metrics.ts'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Key } from '../kernel/caller.ts'
import { AstraError } from '../kernel/errors.ts'
import { createHttpServer } from './http-server.ts'

const refuseToken = () => {
  throw new AstraError('invalid_token')
}

const key: Key = { id: 'key_1', consumer: 'shop', permissions: ['infer'], createdAt: 0 }

async function open(t: TestContext): Promise<Socket> {
  return (await openServer(t)).client
}

async function openServer(t: TestContext, routes: (http: FastifyInstance) => void = () => {}, inFlight = () => 0) {
  const http = createHttpServer({
    identify: {
      findKey: (secret) => (secret === 'right' ? key : undefined),
      hasConsumer: () => true,
      now: () => 0,
      used: () => {},
      verifyToken: refuseToken,
    },
    catalog: () => testCatalog({ '1.0': 1 }),
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
    bodyBytesMax: 1000,
    inFlight,
  })
  http.post('/calls', () => 'reached')
  routes(http)
  await http.listen({ port: 0, host: '127.0.0.1' })
  const client = connect((http.server.address() as AddressInfo).port, '127.0.0.1')
  t.after(async () => {
    client.destroy()
    await http.close()
  })
  return { http, client: client.setEncoding('utf8').on('error', () => {}) }
}

async function firstAnswer(client: Socket): Promise<string> {
  const [text] = await once(client, 'data')
  return String(text)
}

for (const [what, header] of [
  ['of a length', 'content-length: 1000000'],
  ['of no length', 'transfer-encoding: chunked'],
] as const) {
  test(`a caller that is not known is not read: the connection with a body ${what} ends with the refusal`, async (t) => {
    const client = await open(t)
    const closed = once(client, 'close')
    client.write(`POST /calls HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\n${header}\r\n\r\n`)
    const answer = await firstAnswer(client)
    assert.match(answer, /^HTTP\/1\.1 401 /)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    await closed
  })
}

test('without a body, a refusal leaves the connection open', async (t) => {
  const client = await open(t)
  for (let turn = 0; turn < 2; turn++) {
    client.write('POST /calls HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\ncontent-length: 0\r\n\r\n')
    const answer = await firstAnswer(client)
    assert.match(answer, /^HTTP\/1\.1 401 /)
    assert.doesNotMatch(answer, /\r\nconnection: close\r\n/i)
  }
})

test('a stop waits for who is still reading an answer', async (t) => {
  const size = 30_000_000
  const { http, client } = await openServer(t, (http) => {
    http.post('/long', (_request, reply) => writeWhole(reply, [], 'text/plain', Buffer.alloc(size, 'a')))
  })
  let read = 0
  const begun = Promise.withResolvers<void>()
  client.on('data', (piece: string) => {
    read += piece.length
    client.pause()
    begun.resolve()
  })
  const ended = once(client, 'close')
  client.write('POST /long HTTP/1.1\r\nhost: x\r\nauthorization: Bearer right\r\ncontent-length: 0\r\n\r\n')
  await begun.promise
  const closed = http.close()
  client.removeAllListeners('data').on('data', (piece: string) => {
    read += piece.length
  })
  client.resume()
  await Promise.all([closed, ended])
  assert.ok(read > size, `${read} bytes of ${size} came`)
})

test('an answer that nobody reads is not held for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const size = 30_000_000
  const written = Promise.withResolvers<void>()
  const { client } = await openServer(t, (http) => {
    http.post('/long', (_request, reply) => {
      writeWhole(reply, [], 'text/plain', Buffer.alloc(size, 'a'))
      written.resolve()
      return reply
    })
  })
  const closed = once(client, 'close')
  let read = 0
  client.on('data', (piece: string) => {
    read += piece.length
    if (read > size) client.destroy()
  })
  client.pause()
  client.write('POST /long HTTP/1.1\r\nhost: x\r\nauthorization: Bearer right\r\ncontent-length: 0\r\n\r\n')
  await written.promise
  t.mock.timers.tick(60_000)
  client.resume()
  await closed
  assert.ok(read < size, 'all of it came')
})

/** A stop with one call in flight, which has looked after it several times. */
async function stopInFlight(t: TestContext) {
  let calls = 1
  let looks = 0
  const looked = Promise.withResolvers<void>()
  const { http } = await openServer(
    t,
    (http) => http.get('/', () => 'answered'),
    () => {
      if (++looks === 3) looked.resolve()
      return calls
    },
  )
  const { port } = http.server.address() as AddressInfo
  const closed = http.close()
  await looked.promise
  const end = () => {
    calls = 0
  }
  return { http, closed, end, open: () => connect(port, '127.0.0.1').setEncoding('utf8') }
}

const get = 'GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer right\r\n\r\n'

test('while a call is in flight, a stop answers whoever connects; then it takes no connection', async (t) => {
  const { closed, end, open } = await stopInFlight(t)
  const client = open()
  client.write(get)
  const answer = await firstAnswer(client)
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, /\r\nconnection: close\r\n/i)
  end()
  await closed
  const [refused] = await once(open(), 'error')
  assert.equal(refused.code, 'ECONNREFUSED')
})

test('a call that does not end holds a stop up only until its connections are cut', async (t) => {
  const { http, closed, open } = await stopInFlight(t)
  const client = open().on('error', () => {})
  await once(client, 'connect')
  const ended = once(client, 'close')
  http.cut?.()
  await Promise.all([closed, ended])
})
