import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { writePiece } from './write-piece.ts'

test('a reader who was slow is written to again when it reads on, whatever the alphabet', {
  timeout: 20_000,
}, async (t) => {
  // 120 kB, more than a socket takes before one has to wait, and 40,000 UTF-16 units, which is less.
  const piece = '東'.repeat(40_000)
  const waits = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const server = createServer(async (_, response) => {
    for (let i = 0; i < 500; i++) {
      const wait = writePiece(response, piece)
      await nextTurn()
      if (response.writableLength > 0) waits.resolve()
      await wait
    }
    response.end()
    over.resolve()
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const answer = await new Promise<IncomingMessage>((resolve) => {
    request({ port, host: '127.0.0.1', agent: false }, resolve).end()
  })
  await waits.promise
  let bytes = 0
  for await (const read of answer) bytes += read.length
  await over.promise
  assert.equal(bytes, 500 * 120_000)
})
