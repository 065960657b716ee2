import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { type Reply, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

/** Calls that wait for a place, through a real gateway: one place, two that may wait. */
describe('calls past the limit in flight', () => {
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  const keys = new Map<string, string>()
  const apiKey = { env: 'ASTRA_TEST_QUEUE_KEY' }

  before(async () => {
    process.env.ASTRA_TEST_QUEUE_KEY = 'sk-queue'
    vendor = await startFakeVendor({ protocol: 'openai' })
    folder = await mkdtemp(join(tmpdir(), 'astra-queue-'))
    const config = join(folder, 'astra.json')
    const chat = {
      task: 'chat',
      streams: true,
      limits: { inFlight: 1, queue: 2, timeout: '20s' },
      versions: { '1.0': { backend: 'openai', model: 'fake-1', apiKey, replicas: [vendor.url] } },
    }
    const consumers = { shop: { priority: 'high' }, web: {}, blog: { priority: 'low' } }
    await writeFile(config, JSON.stringify({ models: { chat: { owner: 'me', contracts: { v1: chat } } }, consumers }))
    gateway = await startTestGateway({ config })
    for (const consumer of Object.keys(consumers)) {
      keys.set(consumer, (await gateway.ask('POST', '/api/v1/keys', { consumer })).body.secret)
    }
  })
  after(async () => {
    await gateway.stop()
    await vendor.close()
    await rm(folder, { recursive: true, force: true })
    delete process.env.ASTRA_TEST_QUEUE_KEY
  })

  const say = (consumer: string, content: string, more: object = {}, init: object = {}): Promise<Reply> =>
    gateway.ask(
      'POST',
      '/openai/v1/chat/completions',
      { model: 'chat', messages: [{ role: 'user', content }], ...more },
      { key: keys.get(consumer) ?? '', ...init },
    )
  const metrics = async () => (await gateway.ask('GET', '/metrics')).body as string
  const waiting = (count: number) =>
    waitUntil(
      `${count} wait`,
      async () => (/astra_calls_waiting\{model="chat"\} (\d+)/.exec(await metrics())?.[1] ?? '0') === String(count),
      10_000,
    )
  /** Takes the one place, until `letGo`. In a list, as a promise would be waited for. */
  const holdThePlace = async (more: object = {}): Promise<[Promise<Reply>]> => {
    const held = say('web', '!held', more)
    await waitUntil('it is under way', () => vendor.running() === 1, 10_000)
    return [held]
  }
  const words = () => vendor.requests.slice(-3).map(({ body }) => JSON.stringify(body.messages))

  it('wait their turn by priority, and are refused with Retry-After when nobody else may wait', async () => {
    const [held] = await holdThePlace()
    const low = say('blog', 'low')
    await waiting(1)
    const normal = say('web', 'normal')
    await waiting(2)
    const refused = await say('blog', 'one too many')
    assert.equal(refused.status, 503)
    assert.equal(refused.headers.get('astra-error-code'), 'overloaded')
    assert.equal(Number(refused.headers.get('retry-after')) >= 1, true)
    const high = say('shop', 'high')
    const displaced = await low
    assert.deepEqual([displaced.status, displaced.headers.get('astra-error-code')], [503, 'overloaded'])
    await waiting(2)
    vendor.letGo()
    const served = await Promise.all([held, normal, high])
    assert.deepEqual(
      served.map(({ status }) => status),
      [200, 200, 200],
    )
    const order = words()
    assert.match(order[1] ?? '', /high/)
    assert.match(order[2] ?? '', /normal/)
    const told = await metrics()
    assert.match(told, /astra_calls_dropped_total\{model="chat",reason="full"\} 1/)
    assert.match(told, /astra_calls_dropped_total\{model="chat",reason="displaced"\} 1/)
    const id = served[1]?.headers.get('astra-call-id')
    const { call } = (await gateway.ask('GET', `/api/v1/calls/${id}`)).body
    assert.ok(call.queueMs > 0 && call.queueMs <= call.latencyMs, `${call.queueMs}`)
  })

  it('are dropped before they start when their time limit ends, or their caller leaves', async () => {
    const before = vendor.requests.length
    const [held] = await holdThePlace()
    const late = await say('shop', 'late', {}, { headers: { 'astra-timeout': '50ms' } })
    assert.deepEqual([late.status, late.headers.get('astra-error-code')], [504, 'timeout'])
    const caller = new AbortController()
    const left = say('shop', 'left', {}, { signal: caller.signal })
    await waiting(1)
    caller.abort()
    await assert.rejects(left)
    await waiting(0)
    vendor.letGo()
    assert.equal((await held).status, 200)
    assert.equal(vendor.requests.length, before + 1)
    const { why } = (await gateway.ask('GET', `/api/v1/calls/${late.headers.get('astra-call-id')}/explain`)).body
    assert.match(why, /^It failed with "timeout": .* It waited for a place for \d+ ms, and no model was asked\.$/)
  })

  it('get the place of a stream when it ends', async () => {
    const [stream] = await holdThePlace({ stream: true })
    const next = say('web', 'next')
    await waiting(1)
    vendor.letGo()
    assert.match((await stream).body, /data: \[DONE\]/)
    assert.equal((await next).status, 200)
  })

  it('are answered when the gateway stops', async () => {
    const [held] = await holdThePlace()
    const next = say('web', 'next')
    await waiting(1)
    const stopped = gateway.stop()
    vendor.letGo()
    assert.deepEqual([(await held).status, (await next).status], [200, 200])
    await stopped
  })
})
