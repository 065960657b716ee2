import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createUpstreamFetch } from './upstream-fetch.ts'

const post = { method: 'POST', body: '{}' } as const

async function withServer(
  answer: RequestListener,
  run: (url: string, fetch: typeof globalThis.fetch) => Promise<void>,
) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const upstream = createUpstreamFetch(8)
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, upstream.fetch)
  } finally {
    await upstream.close()
    server.closeAllConnections()
    server.close()
  }
}

test('nobody answers there: surely nothing ran', async () => {
  const { fetch, close } = createUpstreamFetch(8)
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`, post), { code: 'upstream_unavailable' })
  await assert.rejects(fetch('http://nowhere.invalid/', post), { code: 'upstream_unavailable' })
  await close()
})

test('a model is asked by POST; what a caller names is not fetched', () =>
  withServer(
    () => assert.fail('nothing is asked'),
    async (url, fetch) => {
      await assert.rejects(fetch(url), { code: 'unsupported' })
    },
  ))

test('an answer that is too long breaks off', () =>
  withServer(
    (_, response) => response.end('123456789'),
    async (url, fetch) => {
      const response = await fetch(url, post)
      await assert.rejects(response.text(), { code: 'upstream_failed' })
    },
  ))

test('an answer that just fits arrives, with its status and headers', () =>
  withServer(
    (_, response) => response.writeHead(429, { 'retry-after': '7' }).end('12345678'),
    async (url, fetch) => {
      const response = await fetch(url, post)
      assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
      assert.equal(await response.text(), '12345678')
    },
  ))

test('keys do not go along a redirect', () =>
  withServer(
    (request, response) => {
      assert.equal(request.url, '/')
      response.writeHead(307, { location: '/elsewhere' }).end()
    },
    async (url, fetch) => {
      assert.equal((await fetch(`${url}/`, post)).status, 307)
    },
  ))

const letterByLetter: RequestListener = ({ headers }, response) => {
  response.writeHead(200, { 'content-type': headers.accept })
  response.flushHeaders()
  response.socket?.end(`${[...'12345678'].map((letter) => `1\r\n${letter}\r\n`).join('')}0\r\n\r\n`)
}

test('an answer in short chunks is given on in one, a stream as it comes', () =>
  withServer(letterByLetter, async (url, fetch) => {
    const chunksOf = async (accept: string) => {
      const chunks: string[] = []
      const { body } = await fetch(url, { ...post, headers: { accept } })
      for await (const chunk of body ?? []) chunks.push(Buffer.from(chunk).toString())
      return chunks
    }
    assert.deepEqual(await chunksOf('application/json; charset=utf-8'), ['12345678'])
    assert.deepEqual(await chunksOf('text/event-stream'), [...'12345678'])
  }))
