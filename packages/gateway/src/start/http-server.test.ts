import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { createMetrics } from '../journey/record/metrics.ts'
import { createHttpServer } from './http-server.ts'

async function open(t: TestContext): Promise<Socket> {
  const http = createHttpServer({
    identify: { findKey: () => undefined, hasConsumer: () => true },
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
    bodyBytesMax: 1000,
  })
  http.post('/', () => 'reached')
  await http.listen({ port: 0, host: '127.0.0.1' })
  const client = connect((http.server.address() as AddressInfo).port, '127.0.0.1')
  t.after(async () => {
    client.destroy()
    await http.close()
  })
  return client.setEncoding('utf8').on('error', () => {})
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
    client.write(`POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\n${header}\r\n\r\n`)
    const answer = await firstAnswer(client)
    assert.match(answer, /^HTTP\/1\.1 401 /)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    await closed
  })
}

test('without a body, a refusal leaves the connection open', async (t) => {
  const client = await open(t)
  for (let turn = 0; turn < 2; turn++) {
    client.write('POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\ncontent-length: 0\r\n\r\n')
    const answer = await firstAnswer(client)
    assert.match(answer, /^HTTP\/1\.1 401 /)
    assert.doesNotMatch(answer, /\r\nconnection: close\r\n/i)
  }
})
