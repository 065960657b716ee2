import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Dispatcher, Pool } from 'undici'
import { AstraError } from '../../kernel/errors.ts'
import { eventually } from '../testing/eventually.ts'
import { connectionOptions, parseAddress } from './address.ts'
import { exchangeStream } from './exchange-stream.ts'

const never = new AbortController().signal
const request = { path: '/', body: '{}', headers: ['content-type', 'application/json'] }

async function open(t: TestContext, listener: RequestListener) {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = parseAddress('r', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const pool = new Pool(address.origin, { ...connectionOptions(address), connections: 1 })
  t.after(async () => {
    await pool.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { ask: (signal = never) => exchangeStream(pool, request, signal), sockets }
}

async function read(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += chunk
  return text
}

test('gives the head, then the body in order', async (t) => {
  const { ask } = await open(t, (_, response) => {
    response.writeHead(201, { 'x-name': 'value' })
    for (const part of ['a', 'b', 'c']) response.write(part)
    response.end('d')
  })
  const reply = await ask()
  assert.deepEqual([reply.status, reply.headers['x-name']], [201, 'value'])
  assert.equal(await read(reply), 'abcd')
})

test('a slow reader makes upstream wait, and gets everything', async (t) => {
  const piece = Buffer.alloc(1 << 16, 'x')
  const pieces = 512
  let written = 0
  let done = false
  const { ask } = await open(t, async (_, response) => {
    for (; written < pieces; written++) if (!response.write(piece)) await once(response, 'drain')
    response.end()
    done = true
  })
  const reply = await ask()
  let still = 0
  let last = -1
  // Upstream goes on until the buffers between are full, and stands still then.
  await eventually(
    () => {
      still = written === last ? still + 1 : 0
      last = written
      return still > 500
    },
    5000,
    'upstream waits',
  )
  assert.equal(done, false)
  assert.equal((await read(reply)).length, pieces * piece.length)
})

test('many short chunks make upstream wait long before their bytes are many, and all of them come', async () => {
  const handlers: Dispatcher.DispatchHandler[] = []
  const dispatcher = { dispatch: (_: unknown, handler: Dispatcher.DispatchHandler) => handlers.push(handler) > 0 }
  const controller = { paused: false, pause: () => setPaused(true), resume: () => setPaused(false) }
  const setPaused = (paused: boolean) => Object.assign(controller, { paused })
  const opening = exchangeStream(dispatcher as unknown as Dispatcher, request, never)
  const upstream = controller as unknown as Dispatcher.DispatchController
  const [handler] = handlers
  handler?.onRequestStart?.(upstream, undefined)
  handler?.onResponseStart?.(upstream, 200, {}, 'OK')
  const reply = await opening
  const chunks = reply[Symbol.asyncIterator]()
  const bytes = 5000
  let sent = 0
  let got = 0
  let waitingMost = 0
  while (got < bytes) {
    for (; !controller.paused && sent < bytes; sent++) handler?.onResponseData?.(upstream, Buffer.from('x'))
    waitingMost = Math.max(waitingMost, sent - got)
    const { value } = await chunks.next()
    got += value?.length ?? 0
  }
  assert.equal(got, bytes)
  assert.ok(waitingMost < 1000, `${waitingMost} chunks waited`)
})

const breaks: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['a reset', (response) => response.socket?.resetAndDestroy()],
  ['an end without the last chunk', (response) => response.socket?.end()],
]

for (const [what, destroy] of breaks) {
  test(`${what} before the head is upstream_failed, unanswered`, async (t) => {
    const { ask } = await open(t, (_, response) => destroy(response))
    await assert.rejects(ask(), isUnanswered)
  })

  test(`${what} within the body is upstream_failed after what came`, async (t) => {
    const { ask } = await open(t, (_, response) => {
      response.writeHead(200)
      response.write('part', () => setImmediate(destroy, response))
    })
    const reply = await ask()
    const seen: string[] = []
    await assert.rejects(
      async () => {
        for await (const chunk of reply) seen.push(String(chunk))
      },
      (thrown) => thrown instanceof AstraError && thrown.code === 'upstream_failed' && !thrown.facts.unanswered,
    )
    assert.deepEqual(seen, ['part'])
  })
}

function isUnanswered(thrown: unknown): boolean {
  return thrown instanceof AstraError && thrown.code === 'upstream_failed' && thrown.facts.unanswered === true
}

const endless: RequestListener = (_, response) => {
  response.writeHead(200)
  response.write('first')
}

test('leaving ends the connection at once', async (t) => {
  const { ask, sockets } = await open(t, endless)
  for await (const _ of await ask()) break
  await eventually(() => sockets.size === 0, 100, 'the connection is closed')
})

test('an abort ends a paused stream at once, with its reason', async (t) => {
  const { ask, sockets } = await open(t, (_, response) => {
    response.writeHead(200)
    for (let i = 0; i < 64; i++) response.write(Buffer.alloc(1 << 16))
  })
  const controller = new AbortController()
  const reply = await ask(controller.signal)
  const reason = new AstraError('cancelled')
  await eventually(() => sockets.size === 1, 1000, 'connected')
  controller.abort(reason)
  await assert.rejects(read(reply), (thrown) => thrown === reason)
  await eventually(() => sockets.size === 0, 100, 'the connection is closed')
})

test('an abort before the head rejects with its reason', async (t) => {
  const { ask, sockets } = await open(t, () => {})
  const controller = new AbortController()
  const asking = ask(controller.signal)
  await eventually(() => sockets.size === 1, 1000, 'connected')
  const reason = new AstraError('timeout')
  controller.abort(reason)
  await assert.rejects(asking, (thrown) => thrown === reason)
  await assert.rejects(ask(AbortSignal.abort(reason)), (thrown) => thrown === reason)
  await eventually(() => sockets.size === 0, 100, 'the connection is closed')
})

test('a connection is used again after a response that was let end', async (t) => {
  const ports: unknown[] = []
  const { ask } = await open(t, ({ socket }, response) => {
    ports.push(socket.remotePort)
    response.write('last word')
    setImmediate(() => response.end())
  })
  for (let i = 0; i < 3; i++) {
    const reply = await ask()
    for await (const _ of reply) {
      reply.letEnd()
      break
    }
  }
  assert.equal(ports.length, 3)
  assert.equal(new Set(ports).size, 1)
})

test('one that does not end after its last word is ended', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { ask, sockets } = await open(t, endless)
  const reply = await ask()
  reply.letEnd()
  t.mock.timers.tick(1000)
  await eventually(() => sockets.size === 0, 100, 'the connection is closed')
})
