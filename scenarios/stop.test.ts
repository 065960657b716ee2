import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

describe('stop and start again', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-stop-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** What becomes of the call shows in the Records. */
  const begin = (gateway: TestGateway, echo: object, accept: string) => {
    const call = request(`${gateway.url}/models/probe/v1/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminKey}`, accept, 'content-type': 'application/json' },
    })
    call.on('error', () => undefined)
    call.on('response', (response) => response.on('error', () => undefined).resume())
    call.end(JSON.stringify({ input: { text: 'one two three', echo } }))
  }

  /** Resolves when so many calls have come. */
  const received = async (gateway: TestGateway, count: number) => {
    const calls = async () => {
      const { body } = await gateway.ask('GET', '/metrics')
      return Number(/^astra_calls_received_total (\d+)$/m.exec(body)?.[1])
    }
    while ((await calls()) < count);
  }

  it('keeps the Record of every call that it has to cut', async () => {
    const data = join(folder, 'cut')
    const gateway = await startTestGateway({ data, drainMs: 200 })
    for (let i = 0; i < 40; i++) {
      if (i % 2 === 0) begin(gateway, { hangAfter: 1 }, 'text/event-stream')
      else begin(gateway, { delayMs: 60_000 }, 'application/json')
    }
    await received(gateway, 40)
    await gateway.stop()
    const database = new DatabaseSync(join(data, 'astra.db'), { readOnly: true })
    assert.equal(database.prepare('SELECT count(*) AS n FROM calls').get()?.n, 40)
    database.close()
  })

  it('waits for the calls in flight, not for idle connections', async () => {
    const gateway = await startTestGateway({ data: join(folder, 'idle') })
    const call = gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'a', echo: { delayMs: 500 } } })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const began = performance.now()
    await gateway.stop()
    assert.ok(performance.now() - began < 5000, `the stop took ${Math.round(performance.now() - began)} ms`)
    assert.equal((await call).status, 200)
  })

  it('answers calls that wait in its queue, and the runtime lives on for them, also when a signal began the stop', async () => {
    const models = join(folder, 'slow-models')
    await mkdir(join(models, 'slow', '1.0'), { recursive: true })
    await writeFile(
      join(models, 'slow', '1.0', 'model.ts'),
      `export const model = {
        signature: {
          inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
          outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 2] }],
        },
        predict: async () => {
          await new Promise((resolve) => setTimeout(resolve, 200))
          return { embedding: [0, 1] }
        },
      }`,
    )
    const config = join(folder, 'slow.yaml')
    const contract = '{ task: embedding, dimensions: 2, limits: { inFlight: 1, queue: 10 }, versions: { "1.0": {} } }'
    await writeFile(config, `models: { slow: { owner: o, contracts: { v1: ${contract} } } }`)
    const signal = new AbortController()
    const gateway = await startTestGateway({ data: join(folder, 'slow'), config, models, signal: signal.signal })
    const calls = Array.from({ length: 6 }, () =>
      gateway.ask('POST', '/models/slow/v1/predict', { input: { text: 'a' } }),
    )
    const waiting = async () =>
      /astra_calls_waiting\{model="slow"\} 5/.test((await gateway.ask('GET', '/metrics')).body as string)
    await waitUntil('five wait', waiting, 10_000)
    signal.abort()
    await gateway.stop()
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    assert.deepEqual(statuses, Array(6).fill(200))
  })

  it('tells whoever calls while a call is in flight to come again, however they connect', async () => {
    const gateway = await startTestGateway({ data: join(folder, 'stopping') })
    const path = '/models/probe/v1/predict'
    const leave = new AbortController()
    const call = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminKey}`, accept: 'text/event-stream' },
      body: JSON.stringify({ input: { text: 'one two three', echo: { hangAfter: 1 } } }),
      signal: leave.signal,
    })
    await call.body?.getReader().read()
    const stopped = gateway.stop()
    for (let i = 0; i < 20; i++) {
      const { status, headers, body } = await gateway.ask('POST', path, { input: { text: 'a' } })
      assert.deepEqual([status, body.code, headers.get('connection')], [503, 'stopping', 'close'])
      assert.ok(Number(headers.get('retry-after')) > 0)
    }
    leave.abort()
    await stopped
  })

  // Longer than Fastify gives its hooks by default: past that, a stop never ended.
  it('ends although somebody reads nothing of what was written to them', async () => {
    const gateway = await startTestGateway({ data: join(folder, 'unread'), drainMs: 10_500 })
    const { port } = new URL(gateway.url)
    const reader = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    reader.write(
      `GET /openapi.json HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${gateway.adminKey}\r\n\r\n`.repeat(500),
    )
    await once(reader, 'readable')
    reader.pause()
    const began = performance.now()
    await gateway.stop()
    const tookMs = performance.now() - began
    assert.ok(tookMs > 10_000 && tookMs < 20_000, `the stop took ${Math.round(tookMs)} ms`)
    reader.destroy()
  })

  it('does not serve a version whose file was exchanged while it was down, says so, and serves it once the file is back', async () => {
    const models = join(folder, 'models')
    for (const version of ['1.0', '1.1'])
      await cp(join(repositoryModels, 'spam', version), join(models, 'spam', version), { recursive: true })
    const config = join(folder, 'spam.yaml')
    const data = join(folder, 'sealed')
    await writeFile(
      config,
      'models: { spam: { owner: o, contracts: { v1: { task: classification, labels: [ham, spam], versions: { "1.0": {}, "1.1": {} } } } } }\n',
    )
    const pinned = async (gateway: TestGateway, version: string) =>
      await gateway.ask(
        'POST',
        '/models/spam/v1/predict',
        { input: { text: 'hi' } },
        { headers: { 'Astra-Version': version } },
      )
    const exchange = (from: string) =>
      cp(join(repositoryModels, 'spam', from), join(models, 'spam', '1.0'), { recursive: true })

    const start = () => startTestGateway({ data, config, models })
    await (await start()).stop()
    await exchange('1.1')
    const other = await start()
    assert.deepEqual([(await pinned(other, '1.0')).status, (await pinned(other, '1.1')).status], [503, 200])
    const { body } = await other.ask('GET', '/api/v1/status')
    assert.deepEqual(
      body.notServed.map(({ version }: { version: string }) => version),
      ['spam@v1/1.0'],
    )
    await other.stop()
    await exchange('1.0')
    const again = await start()
    assert.equal((await pinned(again, '1.0')).status, 200)
    await again.stop()
  })
})
