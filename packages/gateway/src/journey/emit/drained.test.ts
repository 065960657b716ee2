import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { drained } from './drained.ts'

/** A response with more written to it than the system holds for a reader, and that reader, which has not begun. */
async function unread(t: TestContext) {
  let opened = (_: ServerResponse) => {}
  const response = new Promise<ServerResponse>((resolve) => {
    opened = resolve
  })
  const server: Server = createServer((_, response) => opened(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1')
    .pause()
    .on('error', () => {})
  reader.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  t.after(() => {
    reader.destroy()
    server.close()
    server.closeAllConnections()
  })
  const opening = await response
  while (opening.write('x'.repeat(1 << 20)) || opening.writableLength < 16 << 20);
  return { response: opening, reader }
}

test('a reader that takes nothing is disconnected', async (t) => {
  const { response } = await unread(t)
  await drained(response, response, 20)
  assert.equal(response.destroyed, true)
  assert.equal(response.writableFinished, false)
  assert.equal(drained(response, response), undefined)
  assert.deepEqual([response.listenerCount('drain'), response.listenerCount('close')], [0, 0])
})

test('a reader that takes all in time stays', async (t) => {
  const { response, reader } = await unread(t)
  reader.resume()
  await drained(response, response, 10_000)
  assert.equal(response.destroyed, false)
  assert.equal(response.listenerCount('drain'), 0)
})
