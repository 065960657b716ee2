import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createFetchJson } from './fetch-json.ts'

async function ask(t: TestContext, answer: RequestListener): Promise<unknown> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { fetchJson, close } = createFetchJson({ timeoutMs: 200 })
  t.after(async () => {
    await close()
    server.closeAllConnections()
    server.close()
  })
  return await fetchJson(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`)
}

test('reads JSON', async (t) => {
  assert.deepEqual(await ask(t, (_request, response) => response.end('{"keys":[]}')), { keys: [] })
})

for (const [what, answer, message] of [
  ['that hangs', () => {}, /did not answer within 200 ms/],
  ['that hangs in the middle', (_request, response) => response.write('{"keys":'), /did not answer within 200 ms/],
  ['that drops the connection', (request) => request.socket.destroy(), /UND_ERR_SOCKET|ECONNRESET/],
  ['that fails', (_request, response) => response.writeHead(500).end('{}'), /answered 500/],
  [
    'that leads elsewhere',
    (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    /answered 302/,
  ],
  ['with a page', (_request, response) => response.end('<html>a secret page'), /^Error: its answer is no JSON$/],
  ['with very much', (_request, response) => response.end(' '.repeat(300_000)), /longer than 262144 bytes/],
] as const satisfies readonly (readonly [string, RequestListener, RegExp])[]) {
  test(`an issuer ${what} is told to operators, and nothing of what it sent`, async (t) => {
    await assert.rejects(ask(t, answer), message)
  })
}

test('an issuer that is not there is told', async () => {
  const { fetchJson, close } = createFetchJson({ timeoutMs: 200 })
  await assert.rejects(fetchJson('http://127.0.0.1:9/keys'), /ECONNREFUSED/)
  await close()
})
