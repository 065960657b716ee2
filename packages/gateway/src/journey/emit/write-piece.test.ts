import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PieceWriter } from './write-piece.ts'

async function listening(t: TestContext, respond: (response: ServerResponse) => Promise<void>): Promise<number> {
  const server = createServer((_, response) => void respond(response))
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function asked(port: number): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    request({ port, host: '127.0.0.1', agent: false }, resolve).end()
  })
}

/** Short and long ones, texts and bytes, in one turn and in several. */
const pieces = Array.from({ length: 200 }, (_, n) => {
  const piece = `${n}:${'東é x'.repeat(n % 50 === 7 ? 10_000 : n)};`
  if (n % 20 === 3) return ''
  return n % 3 === 0 ? Buffer.from(piece) : piece
})
const whole = Buffer.concat(pieces.map((piece) => Buffer.from(piece)))

async function writeAll(response: ServerResponse): Promise<void> {
  const writer = new PieceWriter(response)
  for (const [n, piece] of pieces.entries()) {
    await writer.write(piece)
    if (n % 4 === 0) await nextTurn()
  }
  response.end()
}

test('pieces arrive whole and in order, however they are written', async (t) => {
  const port = await listening(t, writeAll)
  assert.deepEqual(await buffer(await asked(port)), whole)
})

test('to readers of HTTP/1.0, who know no chunks, too', async (t) => {
  const port = await listening(t, writeAll)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.0\r\n\r\n')
  const answer = await buffer(socket)
  assert.deepEqual(answer.subarray(answer.indexOf('\r\n\r\n') + 4), whole)
})

test('one of two requests on a connection waits for its turn', async (t) => {
  const second = Promise.withResolvers<void>()
  let seen = 0
  const port = await listening(t, async (response) => {
    const writer = new PieceWriter(response)
    if (++seen === 2) {
      for (const piece of ['c', 'd']) await writer.write(piece)
      second.resolve()
      response.end()
      return
    }
    await writer.write('a')
    await second.promise
    await nextTurn()
    await writer.write('b')
    response.end()
  })
  const socket = connect(port, '127.0.0.1')
  const get = (rest: string) => `GET / HTTP/1.1\r\nhost: a\r\n${rest}\r\n`
  socket.write(get('') + get('connection: close\r\n'))
  const bodies = (await text(socket)).split(/HTTP\/1\.1.*?\r\n\r\n/s).slice(1)
  assert.deepEqual(bodies, ['1\r\na\r\n1\r\nb\r\n0\r\n\r\n', '1\r\nc\r\n1\r\nd\r\n0\r\n\r\n'])
})

test('a reader who was slow is written to again when it reads on, whatever the alphabet', {
  timeout: 20_000,
}, async (t) => {
  for (const length of [40_000, 5_000]) {
    // Of the first, one takes more than a socket does before one has to wait, in fewer UTF-16 units than that.
    const piece = '東'.repeat(length)
    const count = 20_000_000 / length
    const waits = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    const port = await listening(t, async (response) => {
      const writer = new PieceWriter(response)
      for (let i = 0; i < count; i++) {
        const wait = writer.write(piece)
        await nextTurn()
        if (wait) waits.resolve()
        await wait
      }
      response.end()
      over.resolve()
    })
    const answer = await asked(port)
    await waits.promise
    let bytes = 0
    for await (const read of answer) bytes += read.length
    await over.promise
    assert.equal(bytes, count * length * 3)
  }
})
