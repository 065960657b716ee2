import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { startRedis, type TestRedis, withoutRedis } from '../packages/gateway/src/stores/redis/testing/redis-server.ts'
import { startScriptedUpstream } from './testing/scripted-upstream.ts'
import { type Reply, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const scripted = {
  type: 'object',
  properties: { text: { type: 'string' }, script: { type: 'string' } },
  required: ['text', 'script'],
}
const input = { text: 'hi', script: '{}' }
const messages = [{ role: 'user', content: 'one two three' }]
const canonical = { messages: [{ role: 'user', content: [{ type: 'text', text: 'one two three' }] }] }
const stream = { headers: { accept: 'text/event-stream' } }

/** A call through each door, as its protocol has it. */
const doors: Readonly<
  Record<string, readonly [path: string, body: unknown, init?: { headers: Record<string, string> }]>
> = {
  native: ['/models/probe/v1/predict', { input }],
  'native-stream': ['/models/support-chat/v1/predict', { input: canonical }, stream],
  graphql: [
    '/graphql',
    { query: 'query ($input: ProbeV1Input!) { models { probe { v1(input: $input) { id } } } }', variables: { input } },
  ],
  'graphql-stream': [
    '/graphql',
    {
      query: 'subscription ($input: SupportChatV1Input!) { supportChatV1(input: $input) { __typename } }',
      variables: { input: canonical },
    },
    stream,
  ],
  oip: [
    '/v2/models/probe@v1/infer',
    { inputs: Object.entries(input).map(([name, value]) => ({ name, datatype: 'BYTES', shape: [1], data: [value] })) },
  ],
  openai: ['/openai/v1/chat/completions', { model: 'support-chat', messages }],
  'openai-stream': ['/openai/v1/chat/completions', { model: 'support-chat', messages, stream: true }],
  'openai-responses': ['/openai/v1/responses', { model: 'support-chat', input: 'one two three', store: false }],
  anthropic: ['/anthropic/v1/messages', { model: 'support-chat', max_tokens: 50, messages }],
  'anthropic-stream': ['/anthropic/v1/messages', { model: 'support-chat', max_tokens: 50, messages, stream: true }],
}

function manifest(vendor: FakeVendor, upstream: string | undefined, consumers: Record<string, unknown>) {
  const chat = { backend: 'openai', model: 'fake-1', apiKey: { env: 'ASTRA_TEST_LIMITS_KEY' }, replicas: [vendor.url] }
  const contract = (whenUnavailable: string) => ({
    task: 'chat',
    streams: true,
    limits: { outputTokens: 100, whenUnavailable },
    versions: { '1.0': chat },
  })
  return {
    prices: { 'openai/fake-1': [{ from: '2020-01-01', input: 10_000, output: 10_000 }] },
    teams: { all: { limits: { requests: '7/day' } }, growth: { limits: { budget: { day: 1 } } } },
    consumers,
    models: {
      ...(upstream === undefined
        ? {}
        : {
            probe: {
              owner: 'team',
              contracts: { v1: { input: scripted, output: text, versions: { '1.0': { replicas: [upstream] } } } },
            },
          }),
      'support-chat': { owner: 'team', contracts: { v1: contract('open') } },
      'strict-chat': { owner: 'team', contracts: { v1: contract('closed') } },
    },
  }
}

describe('limits through every door', () => {
  let gateway: TestGateway
  let vendor: FakeVendor
  let folder: string
  const closing: (() => Promise<unknown>)[] = []
  const keys = new Map<string, string>()

  before(async () => {
    process.env.ASTRA_TEST_LIMITS_KEY = 'sk-fake-limits-0123456789'
    vendor = await startFakeVendor({ protocol: 'openai' })
    const upstream = await startScriptedUpstream()
    folder = await mkdtemp(join(tmpdir(), 'astra-limits-'))
    // Three at once, and the next hours later: exact, however long the test takes.
    const consumers: Record<string, unknown> = {
      shared: { limits: { requests: '5/day' } },
      first: { team: 'all' },
      second: { team: 'all' },
      spender: { team: 'growth' },
      tokens: { limits: { tokens: { rate: '1000/day', burst: 250 } } },
      many: { limits: { items: '4/day' } },
      free: {},
    }
    for (const door of Object.keys(doors)) consumers[door] = { limits: { requests: '3/day', tokens: '1000000/day' } }
    const config = join(folder, 'astra.json')
    await writeFile(config, JSON.stringify(manifest(vendor, upstream.url, consumers)))
    gateway = await startTestGateway({ config, data: join(folder, 'data') })
    closing.push(vendor.close, upstream.close, () => rm(folder, { recursive: true }))
    for (const consumer of Object.keys(consumers)) {
      const { body } = await gateway.ask('POST', '/api/v1/keys', { consumer, permissions: ['infer'] })
      keys.set(consumer, body.secret ?? body.key)
    }
  })
  after(async () => {
    await gateway.stop()
    for (const close of closing) await close()
    delete process.env.ASTRA_TEST_LIMITS_KEY
  })

  const call = (door: string, consumer: string, over: object = {}): Promise<Reply> => {
    const [path, body, init = {}] = doors[door] ?? assert.fail(door)
    return gateway.ask('POST', path, { ...(body as object), ...over }, { ...init, key: keys.get(consumer) ?? '' })
  }
  const codeOf = (reply: Reply) => reply.headers.get('astra-error-code') ?? graphqlCode(reply.body)

  for (const door of Object.keys(doors)) {
    it(`${door}: of eight calls at once three are served, and the others told which limit it was`, async () => {
      const replies = await Promise.all(Array.from({ length: 8 }, () => call(door, door)))
      const served = replies.filter((reply) => codeOf(reply) === undefined)
      const refused = replies.filter((reply) => codeOf(reply) === 'rate_limited')
      assert.deepEqual([served.length, refused.length], [3, 5], JSON.stringify(replies.map(({ body }) => body)))
      for (const { headers } of replies) {
        assert.match(headers.get('ratelimit-policy') ?? '', /^"consumer-requests";q=3;w=86400/)
        assert.match(headers.get('ratelimit') ?? '', /^"consumer-requests";r=[0-2];t=\d+/)
      }
      for (const { status, headers, body } of refused) {
        assert.match(JSON.stringify(body), /The limit of consumer [^ ]+ is 3 requests a day, and none is left/)
        if (door.startsWith('graphql')) continue
        assert.equal(status, 429)
        // One comes back every eight hours.
        assert.ok(Number(headers.get('retry-after')) > 28_000)
      }
    })
  }

  it("tells OpenAI's and Anthropic's clients in their own headers, with an answer and with a refusal", async () => {
    const limits = (reply: Reply, part: string) =>
      [...reply.headers].filter(([name]) => name.includes(part)).map(([name]) => name)
    const [openai, anthropic] = [await call('openai', 'openai'), await call('anthropic', 'anthropic')]
    assert.deepEqual(limits(openai, 'x-ratelimit').length, 6)
    assert.equal(openai.headers.get('x-ratelimit-limit-requests'), '3')
    assert.equal(openai.body.error.type, 'rate_limit_error')
    assert.deepEqual(limits(anthropic, 'anthropic-ratelimit').length, 6)
    assert.match(anthropic.headers.get('anthropic-ratelimit-requests-reset') ?? '', /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/)
    const whole = await call('openai', 'tokens')
    assert.equal(whole.headers.get('x-ratelimit-limit-tokens'), '1000')
  })

  it('counts the calls of one consumer over all doors together', async () => {
    const replies = await Promise.all(Object.keys(doors).map((door) => call(door, 'shared')))
    assert.equal(replies.filter((reply) => codeOf(reply) === undefined).length, 5)
  })

  it('counts the calls of a team over its consumers, and its Records name the limit', async () => {
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => [call('openai', 'first'), call('native', 'second')]).flat(),
    )
    const served = replies.filter((reply) => codeOf(reply) === undefined)
    assert.equal(served.length, 7)
    const refused = replies.find((reply) => codeOf(reply) === 'rate_limited')
    const id = refused?.headers.get('astra-call-id')
    const { body } = await gateway.ask('GET', `/api/v1/calls/${id}`)
    const { refusedBy, outcome } = body.call ?? body
    assert.deepEqual(
      [refusedBy?.owner, refusedBy?.kind, outcome],
      [{ kind: 'team', name: 'all' }, 'requests', 'refused'],
    )
  })

  it('counts the items of a batch', async () => {
    const send = (items: number) =>
      gateway.ask(
        'POST',
        '/models/probe/v1/predict',
        { inputs: Array(items).fill(input) },
        { key: keys.get('many') ?? '' },
      )
    assert.deepEqual([(await send(3)).status, (await send(2)).status, (await send(1)).status], [200, 429, 200])
    const never = await send(5)
    assert.deepEqual([never.status, never.headers.get('retry-after')], [429, null])
    assert.match(never.body.detail, /that never fits$/)
  })

  it('holds upstream to what an answer may have, and less where the caller asks for less', async () => {
    const asked = async (door: string, over: object) => {
      assert.equal(codeOf(await call(door, 'free', over)), undefined)
      const { max_tokens, max_completion_tokens } = vendor.requests.at(-1)?.body ?? {}
      return max_completion_tokens ?? max_tokens
    }
    assert.equal(await asked('openai', {}), 100)
    assert.equal(await asked('openai', { max_tokens: 5000 }), 100)
    assert.equal(await asked('openai-stream', { max_tokens: 7 }), 7)
    assert.equal(await asked('openai-responses', {}), 100)
    assert.equal(await asked('anthropic', { max_tokens: 4096 }), 100)
    assert.equal(await asked('anthropic', { max_tokens: 9 }), 9)
    assert.equal(await asked('native-stream', { input: { ...canonical, outputTokensMax: 500 } }), 100)
  })

  const lookAt = async (query: string) => (await gateway.ask('GET', `/api/v1/limits?${query}`)).body.limits

  it('gives back what tokens a call did not use', async () => {
    const [before] = await lookAt('consumer=tokens')
    // 250 let one begin: what a second might use does not fit beside the first.
    const replies = await Promise.all([call('openai', 'tokens'), call('openai', 'tokens'), call('openai', 'tokens')])
    assert.equal(replies.filter((reply) => codeOf(reply) === undefined).length, 1)
    const { usage } = replies.find(({ status }) => status === 200)?.body ?? {}
    const [then] = await lookAt('consumer=tokens')
    assert.ok(
      Math.abs(before.remaining - usage.total_tokens - then.remaining) < 1,
      JSON.stringify([before, then, usage]),
    )
  })

  it('ends at the budget, which a restart does not give anew', async () => {
    const codes = []
    for (let i = 0; i < 30; i++) codes.push(codeOf(await call('openai', 'spender', { max_tokens: 20 })))
    const spent = codes.filter((code) => code === undefined).length
    assert.ok(spent > 5 && spent < 30, String(spent))
    assert.deepEqual(codes, [...Array(spent).fill(undefined), ...Array(30 - spent).fill('budget_exhausted')])
    const [day] = await lookAt('team=growth')
    assert.ok(day.remaining >= 0)
    const accounted = async () => {
      const { body } = await gateway.ask('GET', '/api/v1/usage?by=team&since=1d')
      const row = body.rows.find(({ by }: { by: { team: string } }) => by.team === 'growth')
      return Math.abs(1 - row.costUsd - day.remaining) < 1e-6
    }
    await waitUntil('accounting tells what the budget has spent', accounted, 5000)

    await gateway.stop()
    gateway = await startTestGateway({ config: join(folder, 'astra.json'), data: join(folder, 'data') })
    const [again] = await lookAt('team=growth')
    assert.ok(Math.abs(again.remaining - day.remaining) < 1e-6, JSON.stringify([again, day]))
    const refused = await call('openai', 'spender', { max_tokens: 20 })
    assert.equal(codeOf(refused), 'budget_exhausted')
    assert.equal(refused.headers.get('x-should-retry'), 'false')
    const untilMidnight = 86_400 - (Date.now() % 86_400_000) / 1000
    assert.ok(Math.abs(Number(refused.headers.get('retry-after')) - untilMidnight) < 60)
  })

  it('ends at the budget of a key, which neither a restart nor a rotation gives anew', async () => {
    const limits = { budget: { day: 1 } }
    const { body: first } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'free' })
    const { body: bounded } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'free', limits })
    const once = async (key: string) =>
      codeOf(await gateway.ask('POST', path, { ...(body as object), max_tokens: 20 }, { key }))
    const [path, body] = doors.openai ?? assert.fail()
    for (const { secret } of [first, bounded]) assert.equal(await once(secret), undefined)
    const left = async (key: string) => (await lookAt(`key=${key}`))[0].remaining
    const before = await left(bounded.id)
    assert.ok(before < 1, String(before))

    await gateway.stop()
    gateway = await startTestGateway({ config: join(folder, 'astra.json'), data: join(folder, 'data') })
    assert.ok(Math.abs((await left(bounded.id)) - before) < 1e-6)
    const { body: next } = await gateway.ask('POST', `/api/v1/keys/${bounded.id}/rotate`, { overlap: '0' })
    assert.ok(Math.abs((await left(next.id)) - before) < 1e-6)
    // A key that is given a budget in mid-month begins with what it has spent of it.
    await gateway.ask('PUT', `/api/v1/keys/${first.id}`, { limits }, { headers: { 'If-Match': '*' } })
    await waitUntil('what the key has spent is known', async () => (await left(first.id)) < 1, 5000)

    const codes = []
    for (let i = 0; i < 30 && codes.at(-1) === undefined; i++) codes.push(await once(next.secret))
    assert.equal(codes.at(-1), 'budget_exhausted')
    await gateway.stop()
    gateway = await startTestGateway({ config: join(folder, 'astra.json'), data: join(folder, 'data') })
    assert.equal(await once(next.secret), 'budget_exhausted')
  })
})

describe('a budget that is declared while calls come in', () => {
  it('counts them on top of what was spent before: none of it is lost', async (t) => {
    process.env.ASTRA_TEST_LIMITS_KEY = 'sk-fake-limits-0123456789'
    const vendor = await startFakeVendor({ protocol: 'openai' })
    const folder = await mkdtemp(join(tmpdir(), 'astra-limits-'))
    const config = join(folder, 'astra.json')
    await writeFile(config, JSON.stringify(manifest(vendor, undefined, { shop: {} })))
    const gateway = await startTestGateway({ config })
    t.after(async () => {
      await gateway.stop()
      await Promise.all([vendor.close(), rm(folder, { recursive: true })])
      delete process.env.ASTRA_TEST_LIMITS_KEY
    })
    const { secret: key } = (await gateway.ask('POST', '/api/v1/keys', { consumer: 'shop' })).body
    const call = async () => {
      const body = { model: 'support-chat', messages, max_tokens: 20 }
      assert.equal((await gateway.ask('POST', '/openai/v1/chat/completions', body, { key })).status, 200)
    }
    await Promise.all([call(), call(), call()])
    const budget = { day: 1000, month: 5000 }
    const yaml = JSON.stringify(manifest(vendor, undefined, { shop: { limits: { budget } } }))
    const applied = await gateway.ask('PUT', '/api/v1/manifest', { yaml }, { headers: { 'If-Match': '*' } })
    assert.equal(applied.status, 200, JSON.stringify(applied.body))
    for (let n = 0; n < 10; n++) await Promise.all([call(), call()])

    const accounted = async () => {
      const { body } = await gateway.ask('GET', '/api/v1/usage?by=consumer&since=1d')
      const [row] = body.rows
      return row.calls === 23 ? Number(row.costUsd) : undefined
    }
    await waitUntil('accounting has them all', async () => (await accounted()) !== undefined, 5000)
    const cost = (await accounted()) ?? 0
    const { limits } = (await gateway.ask('GET', '/api/v1/limits?consumer=shop')).body
    for (const { limit, remaining } of limits) {
      assert.ok(limit - remaining >= cost - 1e-6, `${limit - remaining} of ${cost}`)
      // Those that ended before accounting was read may count twice, and no others.
      assert.ok(limit - remaining <= 2 * cost)
    }
    assert.deepEqual(limits.length, 2)
  })
})

describe('limits while Redis is away', { skip: withoutRedis }, () => {
  let redis: TestRedis
  const gateways: TestGateway[] = []
  let vendor: FakeVendor
  let folder: string

  before(async () => {
    process.env.ASTRA_TEST_LIMITS_KEY = 'sk-fake-limits-0123456789'
    redis = await startRedis()
    vendor = await startFakeVendor({ protocol: 'openai' })
    folder = await mkdtemp(join(tmpdir(), 'astra-limits-'))
    const config = join(folder, 'astra.json')
    await writeFile(config, JSON.stringify(manifest(vendor, undefined, { shop: { limits: { requests: '4/day' } } })))
    const start = (name: string) =>
      startTestGateway({
        config,
        data: join(folder, name),
        redisUrl: redis.url,
        adminKey: 'limits-admin-0123456789abcdef0123',
      })
    for (const name of ['a', 'b']) gateways.push(await start(name))
    await waitUntil('Redis is reached', () => allLimits((limits) => limits.fault === undefined), 5000)
  })
  after(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    await Promise.all([vendor.close(), redis.remove(), rm(folder, { recursive: true })])
    delete process.env.ASTRA_TEST_LIMITS_KEY
  })

  const allLimits = async (holds: (limits: { counters: string; fault?: string }) => boolean) => {
    const all = await Promise.all(
      gateways.map(async (gateway) => (await gateway.ask('GET', '/api/v1/status')).body.limits),
    )
    return all.every(holds)
  }
  const keyOf = async (gateway: TestGateway) => {
    const { body } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'shop', permissions: ['infer'] })
    return String(body.secret ?? body.key)
  }

  it('two gateways share one limit; without Redis calls go on or are refused as declared, and it mends itself', async () => {
    const held = await Promise.all(gateways.map(async (gateway) => ({ gateway, key: await keyOf(gateway) })))
    const call = async ({ gateway, key }: (typeof held)[number], model = 'support-chat') =>
      (await gateway.ask('POST', '/openai/v1/chat/completions', { model, messages }, { key })).status
    const twice = await Promise.all([...held, ...held, ...held, ...held].map((one) => call(one)))
    assert.equal(twice.filter((status) => status === 200).length, 4, JSON.stringify(twice))

    await redis.kill()
    const began = performance.now()
    const open = await Promise.all([...held, ...held].map((one) => call(one)))
    const closed = await Promise.all([...held, ...held].map((one) => call(one, 'strict-chat')))
    assert.deepEqual([new Set(open), new Set(closed)], [new Set([200]), new Set([503])])
    assert.ok(performance.now() - began < 5000, 'nothing hangs')
    assert.ok(await allLimits(({ counters, fault }) => counters === 'redis' && fault !== undefined))
    for (const gateway of gateways) {
      const { status, body } = await gateway.ask('GET', '/health/ready')
      assert.deepEqual([status, body.ready, body.degraded?.length], [200, true, 1])
      const { body: metrics } = await gateway.ask('GET', '/metrics')
      assert.match(metrics, /^astra_limits_fault 1$/m)
      assert.match(metrics, /^astra_limits_unchecked_total 2$/m)
    }

    await redis.start()
    await waitUntil('Redis is reached again', () => allLimits(({ fault }) => fault === undefined), 10_000)
    // What Redis held is gone with it: the limit begins anew.
    const later = await Promise.all([...held, ...held, ...held].map((one) => call(one)))
    assert.equal(later.filter((status) => status === 200).length, 4, JSON.stringify(later))
  })
})

/** Of a result, or of the first event of a stream. */
function graphqlCode(body: unknown): string | undefined {
  const told = typeof body === 'string' ? body : JSON.stringify(body)
  return /"code":"([a-z_]+)"/.exec(told)?.[1]
}
