import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { createUnreadSweep } from './cut-unread.ts'
import { selfSigned } from './testing/self-signed.ts'

const bytes = 30_000_000
const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
/** Sweeps without a byte, after the one that sees the answer first. */
const patience = 30
/** The same, where more is unread than there is room for. */
const crowdedPatience = 3

/** An answer of more than the system holds for a reader, one who has not begun, and the sweep over the server's connections. */
async function unread(t: TestContext, secure = false, room?: number) {
  const answered = Promise.withResolvers<Socket>()
  const finished = Promise.withResolvers<void>()
  const body = Buffer.alloc(bytes, 'a')
  const server = (secure ? createTlsServer(selfSigned()) : createServer()).on(
    'request',
    ({ url, socket }, response) => {
      response.end(url === '/' ? body : 'short').once('finish', finished.resolve)
      answered.resolve(socket)
    },
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const to = { port: (server.address() as AddressInfo).port, host: '127.0.0.1' }
  const client = secure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to)
  const cut = new AbortController()
  client.on('error', () => {}).on('close', () => cut.abort(new Error('the connection was cut')))
  client.write(get)
  t.after(() => {
    client.destroy()
    server.close()
    server.closeAllConnections()
  })
  const socket = await answered.promise
  assert.ok(socket.writableLength > 0)
  const sweep = createUnreadSweep([socket], room)
  let read = 0
  client.on('data', (piece) => {
    read += piece.length
  })
  client.pause()
  return {
    client,
    socket,
    finished: finished.promise,
    signal: cut.signal,
    sweeps: (count: number) => {
      for (let done = 0; done < count; done++) sweep()
    },
    /** Resolves when so much more was read, or all. */
    take: async (more: number) => {
      const enough = Math.min(read + more, bytes)
      client.resume()
      while (read < enough) await once(client, 'data', { signal: cut.signal })
      client.pause()
    },
  }
}

for (const [by, secure] of [
  ['in the clear', false],
  ['by TLS', true],
] as const) {
  test(`${by}, a reader who takes nothing of an answer is cut`, async (t) => {
    const { socket, sweeps } = await unread(t, secure)
    sweeps(patience)
    assert.equal(socket.destroyed, false)
    sweeps(1)
    assert.equal(socket.destroyed, true)
  })

  test(`${by}, one who takes some now and then is not, nor is one who has all and waits`, async (t) => {
    const { socket, sweeps, take, client, finished, signal } = await unread(t, secure)
    for (let taken = 0; taken < bytes; taken += bytes / 3) {
      sweeps(patience)
      await take(bytes / 3)
    }
    await finished
    sweeps(2 * patience)
    assert.equal(socket.destroyed, false)
    client.resume().write(get.replace('/', '/next'))
    await once(client, 'data', { signal })
  })
}

test('where more is unread than there is room for, who takes nothing is cut sooner', async (t) => {
  const { socket, sweeps, take } = await unread(t, false, bytes / 10)
  sweeps(crowdedPatience)
  await take(bytes / 3)
  sweeps(crowdedPatience)
  assert.equal(socket.destroyed, false)
  sweeps(1)
  assert.equal(socket.destroyed, true)
})
