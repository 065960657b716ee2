import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { startRedis, withoutRedis } from '../packages/gateway/src/stores/redis/testing/redis-server.ts'
import { emptyModels } from './testing/start-test-gateway.ts'

const bin = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname
const random = (prefix: string) => `${prefix}${randomBytes(24).toString('hex')}`

/** Keys made at the start lie there, and nowhere else. */
const keyFiles = new Set(['admin.key', 'demo.key'])

/**
 * Searches all that a gateway emits, logs and stores for every secret that it was given. A secret that was asked for (a new key, a token)
 * may stand in the one answer that makes it.
 */
test('no secret is emitted, logged or stored, whatever goes wrong', { skip: withoutRedis }, async (t) => {
  const secrets = {
    adminKey: random('admin-'),
    vendorKey: random('sk-'),
    redisPassword: random('redis-'),
    unknownKey: random('guess-'),
  }
  const redis = await startRedis('--requirepass', secrets.redisPassword)
  t.after(() => redis.remove())
  const folder = await mkdtemp(join(tmpdir(), 'astra-secrets-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const vendor = await startIndiscreetVendor(t)
  const config = join(folder, 'astra.json')
  await writeFile(config, JSON.stringify(manifestFor(vendor)))
  const flags = ['--listen', '127.0.0.1:0', '--data', join(folder, 'data'), '--config', config, '--models', emptyModels]
  const child = spawn(process.execPath, [bin, 'start', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ASTRA_ADMIN_KEY: secrets.adminKey,
      ASTRA_LOG_LEVEL: 'trace',
      ASTRA_REDIS_URL: `redis://:${secrets.redisPassword}@127.0.0.1:${redis.port}`,
      VENDOR_KEY: secrets.vendorKey,
    },
  })
  t.after(() => child.kill('SIGKILL'))
  const emitted: string[] = []
  const url = await readyAt(child, emitted)

  const ask = async (
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const answer = `${JSON.stringify([...response.headers])}${await response.text()}`
    return { status: response.status, answer, json: /\{.*/s.exec(answer.slice(answer.indexOf(']]') + 2))?.[0] ?? '{}' }
  }
  /** Its answer makes a secret, which may stand there and nowhere else. */
  const make = async (path: string, body: object, key: string, field: 'secret' | 'token') => {
    const { status, json } = await ask(key, 'POST', path, body)
    assert.equal(status, 200, path)
    return JSON.parse(json) as { id: string } & Record<typeof field, string>
  }

  const created = await make('/api/v1/keys', { consumer: 'tests', note: 'of the test' }, secrets.adminKey, 'secret')
  const rotated = await make(`/api/v1/keys/${created.id}/rotate`, { overlap: '1h' }, secrets.adminKey, 'secret')
  const token = await make('/api/v1/tokens', {}, created.secret, 'token')
  const limited = await make(
    '/api/v1/keys',
    { consumer: 'tests', limits: { requests: '1/day' } },
    secrets.adminKey,
    'secret',
  )
  const all: Record<string, string> = {
    ...secrets,
    created: created.secret,
    rotated: rotated.secret,
    limited: limited.secret,
    token: token.token,
  }

  const chat = { model: 'chat', messages: [{ role: 'user', content: 'hello' }] }
  const doors: readonly [string, object][] = [
    ['/models/chat/v1/predict', { input: { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] } }],
    ['/v1/chat/completions', chat],
    ['/anthropic/v1/messages', { ...chat, max_tokens: 9 }],
    ['/graphql', { query: '{ models { chat { v1(input: {messages: [{role: "user", content: "hi"}]}) { id } } } }' }],
    ['/v2/models/chat/infer', { inputs: [] }],
  ]
  for (const key of Object.values(all)) {
    for (const [path, body] of doors) {
      emitted.push((await ask(key, 'POST', path, body)).answer)
      emitted.push((await ask(key, 'POST', path, '{"broken')).answer)
    }
    emitted.push((await ask(key, 'POST', '/v1/chat/completions', { ...chat, stream: true })).answer)
    // Where they do not belong: a secret in a path, as a handle, as a model.
    emitted.push((await ask(key, 'GET', '/api/v1/status')).answer)
    emitted.push((await ask(key, 'GET', '/nowhere')).answer)
    emitted.push((await ask(key, 'PUT', '/api/v1/manifest', { yaml: 'models: 7' }, { 'If-Match': '*' })).answer)
  }
  // Somebody takes the key for its handle; the log and the audit log must not keep it.
  for (const key of [created.secret, secrets.adminKey]) await ask(secrets.adminKey, 'DELETE', `/api/v1/keys/${key}`)
  for (const path of ['/keys', '/audit', '/calls', '/manifest', '/deployments', '/usage', '/status', '/contracts']) {
    const { status, answer } = await ask(secrets.adminKey, 'GET', `/api/v1${path}`)
    assert.equal(status, 200, path)
    emitted.push(answer)
  }
  const calls: { id: string }[] = JSON.parse(
    (await ask(secrets.adminKey, 'GET', '/api/v1/calls?limit=1000')).json,
  ).calls
  assert.ok(calls.length > 20, `${calls.length} calls`)
  for (const { id } of calls) emitted.push((await ask(secrets.adminKey, 'GET', `/api/v1/calls/${id}`)).answer)
  emitted.push((await ask(secrets.adminKey, 'GET', '/metrics')).answer)
  emitted.push((await ask(secrets.adminKey, 'GET', '/openapi.json')).answer)
  const kept = await redisContent(redis.port, secrets.redisPassword)
  await redis.kill()
  for (let n = 0; n < 3; n += 1) emitted.push((await ask(created.secret, 'POST', '/v1/chat/completions', chat)).answer)
  emitted.push((await ask(secrets.adminKey, 'GET', '/health/ready')).answer)

  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
  assert.ok(vendor.asked() > 5, 'the vendor was asked, with its key')
  assert.throws(() => search('a leak', Buffer.from(`Bearer ${created.secret}`), all), 'the search finds what is there')
  search('what is emitted and logged', Buffer.from(emitted.join('\n')), all)
  search('Redis', kept, all)
  const data = join(folder, 'data')
  const files = (await readdir(data, { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  assert.ok(files.some(({ name }) => name === 'astra.db'))
  for (const { name, parentPath } of files) {
    if (!keyFiles.has(name)) search(name, await readFile(join(parentPath, name)), all)
  }
})

function search(where: string, bytes: Buffer, secrets: Readonly<Record<string, string>>): void {
  for (const [name, secret] of Object.entries(secrets)) {
    const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]
    for (const form of forms) {
      const at = bytes.indexOf(form)
      // The message must not hold it either: a test's log is a log.
      const around = at < 0 ? '' : bytes.subarray(Math.max(0, at - 200), at).toString()
      assert.equal(at, -1, `${name} stands in ${where}, after: ${around}`)
    }
  }
}

/** A vendor that says in its faults, its headers and its answers with what key it was asked. */
async function startIndiscreetVendor(t: TestContext) {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    request.resume()
    const sent = request.headers.authorization ?? String(request.headers['x-api-key'])
    const status = [401, 403, 429, 500][asked % 4] ?? 500
    response.writeHead(status, { 'content-type': 'application/json', 'x-you-sent': sent.replace(/^Bearer /, '') })
    response.end(
      JSON.stringify({ error: { message: `Incorrect API key provided: ${sent}`, type: 'invalid_request_error' } }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked: () => asked }
}

function manifestFor({ url }: { readonly url: string }) {
  const apiKey = { env: 'VENDOR_KEY' }
  const versions = { '1.0': { backend: 'openai', model: 'gpt', replicas: [url], apiKey } }
  const contract = { task: 'chat', streams: true, versions }
  return {
    models: { chat: { owner: 'tests', contracts: { v1: contract } } },
    consumers: { tests: {}, demo: { demo: true } },
  }
}

async function readyAt(child: ChildProcess, emitted: string[]): Promise<string> {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => emitted.push(text))
  }
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    const url = /ready at (http:\/\/\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout?.resume()
    return url
  }
  throw new Error(`the gateway ended before it was ready: ${emitted.join('').slice(-2000)}`)
}

async function redisContent(port: number, password: string): Promise<Buffer> {
  const redis = new Redis({ port, password })
  const keys = await redis.keys('*')
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  redis.disconnect()
  return Buffer.concat([Buffer.from(keys.join('\n')), ...values.map((value) => value ?? Buffer.alloc(0))])
}
