import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import OpenAI from 'openai'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { startRedis, type TestRedis, withoutRedis } from '../packages/gateway/src/stores/redis/testing/redis-server.ts'
import { startScriptedUpstream } from './testing/scripted-upstream.ts'
import { type AskInit, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

type Upstream = Awaited<ReturnType<typeof startScriptedUpstream>>

const text = { type: 'string', maxLength: 1000 }

function manifestOf(upstream: Upstream, vendor: FakeVendor): string {
  const cache = { ttl: '1h', answer: '64KiB' }
  const probe = {
    input: { type: 'object', properties: { text, script: text }, required: ['text', 'script'] },
    output: { type: 'object', properties: { text }, required: ['text'] },
    limits: { items: 8 },
    cache,
    versions: { '1.0': { replicas: [upstream.url] }, '1.1': { replicas: [upstream.url] } },
    traffic: { weights: { '1.0': 100 } },
  }
  const chat = {
    task: 'chat',
    cache,
    versions: { '1.0': { backend: 'openai', model: 'fake', replicas: [vendor.url] } },
  }
  return JSON.stringify({
    models: {
      probe: { owner: 'tests', contracts: { v1: probe } },
      chat: { owner: 'tests', contracts: { v1: chat } },
    },
    consumers: { shop: {}, desk: {} },
  })
}

/** A cache through the real gateway: each call has a text of its own, so that tests do not meet. */
describe('an answer that was given before', () => {
  let upstream: Upstream
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  let topic = 0
  let said = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-cache-'))
    upstream = await startScriptedUpstream()
    vendor = await startFakeVendor({ protocol: 'openai' })
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifestOf(upstream, vendor))
    gateway = await startTestGateway({ config })
  })
  after(async () => {
    await gateway.stop()
    await vendor.close()
    await upstream.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(() => {
    said = `text ${++topic}`
  })

  const input = (script: object = {}) => ({ text: said, script: JSON.stringify(script) })
  const predict = (init?: AskInit, script?: object) =>
    gateway.ask('POST', '/models/probe/v1/predict', { input: input(script) }, init)
  const chatBody = (stream: boolean) => ({ model: 'chat', messages: [{ role: 'user', content: said }], stream })
  const chat = (stream = false, init?: AskInit) =>
    gateway.ask('POST', '/openai/v1/chat/completions', chatBody(stream), init)
  const keyOf = async (consumer: string) =>
    (await gateway.ask('POST', '/api/v1/keys', { consumer, permissions: ['infer'] })).body.secret as string
  const recordOf = async (id: string) => (await gateway.ask('GET', `/api/v1/calls/${id}`)).body.call

  it('is marked in answer, header and Record at the native door', async () => {
    const first = await predict()
    const second = await predict()
    assert.deepEqual([first.headers.get('astra-cache'), first.headers.get('age')], ['miss', null])
    assert.deepEqual([second.headers.get('astra-cache'), second.headers.get('age')], ['hit', '0'])
    assert.deepEqual([first.body.cached, second.body.cached], [false, true])
    assert.deepEqual(second.body.output, { text: said })
    assert.notEqual(second.body.id, first.body.id)
    const record = await recordOf(second.body.id)
    assert.deepEqual([record.cache, record.outcome, record.attempts, record.versionServed], ['hit', 'ok', [], '1.0'])
    const { body: metrics } = await gateway.ask('GET', '/metrics')
    assert.match(metrics, /astra_cache_calls_total\{model="probe",major="v1",version="1.0",outcome="hit"\} \d/)
  })

  it('goes out at the doors of GraphQL and of the Open Inference Protocol, too', async () => {
    await predict()
    const query = 'query ($input: ProbeV1Input!) { models { probe { v1(input: $input) { cached output { text } } } } }'
    const { body } = await gateway.graphql(query, { input: input() })
    assert.deepEqual(body.data.models.probe.v1, { cached: true, output: { text: said } })
    const tensor = (name: string, data: string) => ({ name, datatype: 'BYTES', shape: [1], data: [data] })
    const { text: words, script } = input()
    const infer = { inputs: [tensor('text', words), tensor('script', script)] }
    const answers = [
      await gateway.ask('POST', '/v2/models/probe/infer', infer),
      await gateway.ask('POST', '/v2/models/probe/infer', infer),
    ]
    assert.deepEqual(
      answers.map(({ headers }) => headers.get('astra-cache')),
      ['miss', 'hit'],
    )
    assert.deepEqual(answers[1]?.body.outputs, answers[0]?.body.outputs)
  })

  it('is byte for byte the one before at the OpenAI door, streamed and whole', async () => {
    for (const stream of [false, true]) {
      const asked = vendor.requests.length
      const answers = [await chat(stream), await chat(stream)]
      assert.deepEqual(
        answers.map(({ headers }) => headers.get('astra-cache')),
        ['miss', 'hit'],
      )
      assert.deepEqual(answers[1]?.body, answers[0]?.body)
      assert.notEqual(answers[1]?.headers.get('x-request-id'), answers[0]?.headers.get('x-request-id'))
      assert.equal(vendor.requests.length, asked + 1)
    }
  })

  it("is read by OpenAI's own client, also as a stream", async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/openai/v1`, apiKey: gateway.adminKey, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: said }]
    for (let i = 0; i < 2; i++) {
      const { choices } = await client.chat.completions.create({ model: 'chat', messages, user: `user ${i}` })
      assert.equal(choices[0]?.message.content, said)
      let streamed = ''
      for await (const chunk of await client.chat.completions.create({ model: 'chat', messages, stream: true }))
        streamed += chunk.choices[0]?.delta.content ?? ''
      assert.equal(streamed, said)
    }
    assert.equal(vendor.requests.filter(({ body }) => JSON.stringify(body).includes(said)).length, 2)
  })

  it('is told in the words of the door that asks, where the version speaks none of them', async () => {
    const body = { model: 'chat', max_tokens: 100, messages: [{ role: 'user', content: said }] }
    const answers = [
      await gateway.ask('POST', '/anthropic/v1/messages', body),
      await gateway.ask('POST', '/anthropic/v1/messages', body),
    ]
    assert.equal(answers[1]?.headers.get('astra-cache'), 'hit')
    assert.deepEqual(answers[1]?.body.content, [{ type: 'text', text: said }])
    assert.notEqual(answers[1]?.body.id, answers[0]?.body.id)
  })

  it("is its consumer's own, whatever headers say", async () => {
    const [shop, desk] = [await keyOf('shop'), await keyOf('desk')]
    const headers = { 'x-forwarded-for': '10.0.0.1', 'x-consumer': 'desk', 'accept-language': 'xx' }
    assert.equal((await predict({ key: shop, headers })).headers.get('astra-cache'), 'miss')
    assert.equal((await predict({ key: desk })).headers.get('astra-cache'), 'miss')
    const hit = await predict({ key: shop })
    assert.deepEqual([hit.headers.get('astra-cache'), JSON.stringify(hit.body).includes('xx')], ['hit', false])
  })

  it('follows the call options', async () => {
    const outcomes: (string | null)[] = []
    for (const option of ['no-store', undefined, 'no-cache', undefined]) {
      const headers: Record<string, string> = option ? { 'cache-control': option } : {}
      outcomes.push((await predict({ headers })).headers.get('astra-cache'))
    }
    assert.deepEqual(outcomes, ['bypass', 'miss', 'bypass', 'hit'])
    assert.equal((await predict({ headers: { 'astra-version': '1.1' } })).headers.get('astra-cache'), 'miss')
  })

  it('is never an error', async () => {
    const broken = { status: 500 }
    assert.equal((await predict({}, broken)).status, 502)
    assert.equal((await predict({}, broken)).headers.get('astra-cache'), null)
  })

  it('is asked for once by many at a time, of whom the first may leave', async () => {
    const received = async () =>
      Number(/^astra_calls_received_total (\d+)$/m.exec((await gateway.ask('GET', '/metrics')).body)?.[1])
    const leaver = new AbortController()
    vendor.script('held')
    const asked = vendor.requests.length
    const first = assert.rejects(chat(true, { signal: leaver.signal }), { name: 'AbortError' })
    await waitUntil('the first call', () => vendor.requests.length === asked + 1, 5000)
    const before = await received()
    const others = [chat(true), chat(true)]
    await waitUntil('the others', async () => (await received()) === before + 2, 5000)
    leaver.abort()
    await first
    vendor.letGo()
    const [second, third] = await Promise.all(others)
    assert.ok(String(second?.body).endsWith('data: [DONE]\n\n'))
    assert.deepEqual(third?.body, second?.body)
    assert.deepEqual([second?.headers.get('astra-cache'), vendor.requests.length], ['joined', asked + 1])
  })

  it('goes when it is purged', async () => {
    await predict()
    const { status, body } = await gateway.ask('DELETE', '/api/v1/cache?model=probe&major=v1&version=1.0')
    assert.ok(status === 200 && body.purged > 0, JSON.stringify(body))
    assert.equal((await predict()).headers.get('astra-cache'), 'miss')
    assert.equal((await gateway.ask('DELETE', '/api/v1/cache?model=nobody')).status, 404)
    const shop = await keyOf('shop')
    assert.equal((await gateway.ask('DELETE', '/api/v1/cache?model=probe', undefined, { key: shop })).status, 403)
  })

  it('is given again to the same Idempotency-Key, at every door', async () => {
    const headers = { 'idempotency-key': said }
    const doors = {
      native: () => predict({ headers: { ...headers, 'cache-control': 'no-store' } }),
      openai: () => chat(false, { headers: { 'idempotency-key': `${said} chat` } }),
      stream: () => chat(true, { headers: { 'idempotency-key': `${said} stream` } }),
    }
    for (const [door, ask] of Object.entries(doors)) {
      const [first, second] = [await ask(), await ask()]
      assert.deepEqual(
        [first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')],
        [null, 'true'],
        door,
      )
      assert.deepEqual(second.body.output ?? second.body, first.body.output ?? first.body)
    }
    const other = await gateway.ask(
      'POST',
      '/models/probe/v1/predict',
      { input: { text: 'other', script: '{}' } },
      { headers },
    )
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency_mismatch'])
    const failing = { headers: { 'idempotency-key': `${said} failing` } }
    assert.equal((await predict(failing, { status: 500 })).headers.get('idempotent-replayed'), null)
    const again = await predict(failing, { status: 500 })
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [502, 'true'])
  })
})

describe('a cache in Redis', { skip: withoutRedis, timeout: 120_000 }, () => {
  let redis: TestRedis
  let upstream: Upstream
  let vendor: FakeVendor
  let folder: string
  const gateways: TestGateway[] = []
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-cache-'))
    redis = await startRedis()
    upstream = await startScriptedUpstream()
    vendor = await startFakeVendor({ protocol: 'openai' })
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifestOf(upstream, vendor))
    for (let i = 0; i < 2; i++) gateways.push(await startTestGateway({ config, redisUrl: redis.url }))
    for (const gateway of gateways)
      await waitUntil('Redis', async () => faultOf(await gateway.ask('GET', '/metrics')) === 0, 10_000)
  })
  after(async () => {
    for (const gateway of gateways) await gateway.stop()
    await vendor.close()
    await upstream.close()
    await redis.remove()
    await rm(folder, { recursive: true })
  })
  const faultOf = ({ body }: { body: string }) => Number(/^astra_cache_fault (\d)$/m.exec(body)?.[1])
  const predict = async (at: number, text: string, headers: Record<string, string> = {}) => {
    const gateway = gateways[at]
    assert.ok(gateway)
    const reply = await gateway.ask('POST', '/models/probe/v1/predict', { input: { text, script: '{}' } }, { headers })
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
    return reply.headers.get('idempotent-replayed') === 'true' ? 'replayed' : reply.headers.get('astra-cache')
  }

  it('is shared by every gateway, Idempotency-Keys and purges included', async () => {
    assert.deepEqual([await predict(0, 'a'), await predict(1, 'a')], ['miss', 'hit'])
    const key = { 'idempotency-key': 'k', 'cache-control': 'no-store' }
    assert.deepEqual([await predict(0, 'b', key), await predict(1, 'b', key)], ['bypass', 'replayed'])
    assert.equal((await gateways[1]?.ask('DELETE', '/api/v1/cache?model=probe'))?.body.purged, 1)
    assert.equal(await predict(0, 'a'), 'miss')
  })

  it('is a miss while Redis is gone, quickly, and is found again when it is back', async () => {
    await redis.kill()
    for (let i = 0; i < 20; i++) assert.equal(await predict(i % 2, 'c'), 'miss')
    const [gateway] = gateways
    assert.ok(gateway)
    assert.equal(faultOf(await gateway.ask('GET', '/metrics')), 1)
    assert.equal((await gateway.ask('DELETE', '/api/v1/cache?model=probe')).status, 503)
    await redis.start()
    await waitUntil('a hit', async () => (await predict(0, 'c')) === 'hit', 10_000)
  })
})
