import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { createFleet } from '../journey/dispatch/replicas/fleet.ts'
import { createMetrics } from '../journey/record/metrics.ts'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Call } from '../kernel/call.ts'
import type { Key } from '../kernel/caller.ts'
import { systemClock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import { createHttpServer } from './http-server.ts'
import { mountDoors } from './mount-doors.ts'

const key: Key = { id: 'key_1', consumer: 'demo', permissions: ['infer'], createdAt: 0 }
const authorization = 'Bearer right'

const refuseToken = () => {
  throw new AstraError('invalid_token')
}

/** Every door over a server as the gateway has it; its journey refuses whatever comes that far. */
function gateway() {
  const catalog = testCatalog({ '1.0': 1 }, { contract: { task: 'chat', streams: true } })
  const calls: Call[] = []
  const metrics = createMetrics()
  const bodyBytesMax = 100_000
  const http = createHttpServer({
    identify: {
      findKey: (secret) => (secret === 'right' ? key : undefined),
      hasConsumer: () => true,
      now: () => 0,
      used: () => {},
      verifyToken: refuseToken,
    },
    catalog: () => catalog,
    metrics,
    log: pino({ level: 'silent' }),
    bodyBytesMax,
    inFlight: () => 0,
  })
  mountDoors(http, {
    clock: systemClock,
    catalog: () => catalog,
    operations: [],
    isKey: () => false,
    mask: (text) => text,
    audit: { append: async () => {}, list: async () => ({ entries: [], next: undefined }) },
    journey: {
      async settle(call) {
        calls.push(call)
        return new AstraError('no_traffic')
      },
      refuse: (call) => void calls.push(call),
    },
    fleet: createFleet({ clock: systemClock, random: () => 0.5 }),
    metrics,
    counter: { count: () => 1 },
    bodyBytesMax,
    notReady: () => [],
    report: () => {},
  })
  const send = async (method: 'GET' | 'POST' | 'PUT', url: string, headers: Readonly<Record<string, string>> = {}) => {
    const payload = method === 'GET' ? {} : { payload: '{"model":"spam"}' }
    const {
      statusCode: status,
      headers: got,
      body,
    } = await http.inject({ method, url, headers: { ...headers }, ...payload })
    return { status, headers: got, body: JSON.parse(body), form: formOf(JSON.parse(body)) }
  }
  return { calls, metrics, send }
}

/** Whose shape an error has. */
function formOf(body: { readonly type?: string; readonly error?: unknown }) {
  if (body.type === 'error') return 'anthropic'
  if (typeof body.error === 'string') return 'oip'
  return body.error === undefined ? 'problem' : 'openai'
}

const callPaths = {
  openai: ['chat/completions', 'responses', 'completions', 'embeddings', 'moderations'].flatMap((path) => [
    `/openai/v1/${path}`,
    `/v1/${path}`,
  ]),
  anthropic: ['messages', 'messages/count_tokens'].flatMap((path) => [`/anthropic/v1/${path}`, `/v1/${path}`]),
}

describe('the doors of language models', () => {
  for (const [door, paths] of Object.entries(callPaths)) {
    for (const path of paths) {
      it(`POST ${path}: refused without a key, and counted; a Call of the ${door} door with one`, async () => {
        const { calls, metrics, send } = gateway()
        const refused = await send('POST', path)
        assert.deepEqual([refused.status, refused.form], [401, door])
        assert.deepEqual([calls.length, metrics.counts().received], [0, 1])
        const served = await send('POST', path, { authorization })
        assert.equal(served.form, door)
        assert.deepEqual([calls.length, calls[0]?.door, calls[0]?.model], [1, door, 'spam'])
      })
    }
  }

  it('a key may stand in x-api-key, and never in the URL', async () => {
    const { calls, send } = gateway()
    await send('POST', '/v1/messages', { 'x-api-key': 'right' })
    assert.equal(calls.length, 1)
    for (const query of ['key=right', 'api_key=right', 'x-api-key=right', 'authorization=Bearer%20right']) {
      assert.equal((await send('POST', `/v1/messages?${query}`)).status, 401, query)
    }
    assert.equal(calls.length, 1)
  })

  it('models in the shape that is meant', async () => {
    const { send } = gateway()
    const shape = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
      Object.keys((await send('GET', path, { authorization, ...headers })).body).join()
    const version = { 'anthropic-version': '2023-06-01' }
    assert.equal(await shape('/openai/v1/models'), 'object,data')
    assert.equal(await shape('/v1/models'), 'object,data')
    assert.equal(await shape('/v1/models', version), 'data,has_more,first_id,last_id')
    assert.equal(await shape('/anthropic/v1/models'), 'data,has_more,first_id,last_id')
    assert.equal(await shape('/v1/models/spam', version), 'id,type,display_name,created_at')
    assert.equal(await shape('/openai/v1/models/spam'), 'id,object,created,owned_by')
  })

  const elsewhere: readonly (readonly ['GET' | 'POST' | 'PUT', string, number, string, Record<string, string>?])[] = [
    ['GET', '/v1/nowhere', 404, 'openai'],
    ['GET', '/v1', 404, 'openai'],
    ['GET', '/v1/nowhere', 404, 'anthropic', { 'anthropic-version': '2023-06-01' }],
    ['GET', '/openai/v1/nowhere', 404, 'openai', { 'anthropic-version': '2023-06-01' }],
    ['GET', '/anthropic/v1/nowhere', 404, 'anthropic'],
    ['GET', '/v1/messages/nowhere', 404, 'anthropic'],
    ['GET', '/v1/models/nowhere', 404, 'openai'],
    ['GET', '/v1/models/nowhere', 404, 'anthropic', { 'anthropic-version': '2023-06-01' }],
    ['PUT', '/v1/chat/completions', 405, 'openai'],
    ['GET', '/v1/messages', 405, 'anthropic'],
    ['POST', '/v1/files', 400, 'openai'],
    ['POST', '/v1/messages/batches', 400, 'anthropic'],
    ['GET', '/v1/responses/resp_1', 400, 'openai'],
    ['GET', '/v2/nowhere', 404, 'oip'],
    ['GET', '/v10/nowhere', 404, 'problem'],
    ['GET', '/openai/nowhere', 404, 'openai'],
    ['GET', '/anthropic', 404, 'anthropic'],
    ['GET', '/openai2/nowhere', 404, 'problem'],
  ]
  for (const [method, path, status, form, headers] of elsewhere) {
    it(`${method} ${path}${headers ? ' by a client of Anthropic' : ''}: ${status} in the form ${form}`, async () => {
      const { calls, metrics, send } = gateway()
      const sent = await send(method, path, { authorization, ...headers })
      assert.deepEqual([sent.status, sent.form], [status, form])
      assert.deepEqual([calls.length, metrics.counts().received], [0, 0])
    })
  }

  const wrongMethods = [
    ['GET', '/v1/messages', 'POST'],
    ['PUT', '/openai/v1/chat/completions', 'POST'],
    ['PUT', '/v1/models/spam', 'GET'],
    ['GET', '/v2/models/spam/infer', 'POST'],
    ['POST', '/oip/v2/models/spam', 'GET'],
    ['GET', '/models/spam/v1/predict', 'POST'],
  ] as const
  for (const [method, path, right] of wrongMethods) {
    it(`${method} ${path}: 405 that names ${right}`, async () => {
      const { status, body, headers } = await gateway().send(method, path, { authorization })
      assert.equal(status, 405)
      assert.ok(JSON.stringify(body).includes(`Send ${right} ${path}.`), JSON.stringify(body))
      assert.equal(headers.allow, right === 'GET' ? 'GET, HEAD' : right)
    })
  }

  const astray: readonly (readonly [string, RegExp, Record<string, string>?])[] = [
    ['/openai/chat/completions', /base address of this API is, after the host, "\/openai\/v1"; /],
    ['/openai/v1/v1/chat/completions', /"\/openai\/v1"; /],
    ['/v1/v1/chat/completions', /"\/openai\/v1"; /],
    ['/anthropic/messages', /"\/anthropic", or "\/anthropic\/v1" for a client that adds no "\/v1" itself; /],
    ['/anthropic/v1/v1/messages', /"\/anthropic", /],
    ['/v1/v1/messages', /"\/anthropic", /, { 'anthropic-version': '2023-06-01' }],
  ]
  for (const [path, advice, headers] of astray) {
    it(`POST ${path}: 404 that says which base address the client should be given`, async () => {
      const { status, body } = await gateway().send('POST', path, { authorization, ...headers })
      assert.equal(status, 404)
      assert.ok(body.error.message.startsWith(`There is nothing at POST ${path}. `), body.error.message)
      assert.match(body.error.message, advice)
    })
  }

  it('GET / and /docs say what this is to anybody, naming no model; nothing else there answers without a key', async () => {
    const { send } = gateway()
    for (const path of ['/', '/docs']) {
      const { status, body } = await send('GET', path)
      assert.equal(status, 200)
      assert.match(body.about, /AI gateway/)
      assert.doesNotMatch(JSON.stringify(body), /spam/)
      assert.equal((await send('POST', path)).status, 401)
      assert.equal((await send('POST', path, { authorization })).status, 405)
    }
    assert.equal((await send('GET', '/docs/limits.md')).status, 401)
  })

  it('a missing or wrong key is to be sent where clients of the protocol have it', async () => {
    const { send } = gateway()
    for (const headers of [{}, { 'x-api-key': 'wrong' }]) {
      assert.match(
        (await send('POST', '/anthropic/v1/messages', headers)).body.error.message,
        /Send "x-api-key: <key>"/,
      )
      assert.match(
        (await send('POST', '/openai/v1/responses', headers)).body.error.message,
        /Send "Authorization: Bearer/,
      )
    }
  })

  it('a model that is not there: what was meant, and where this API lists its models', async () => {
    const { send } = gateway()
    for (const path of ['/openai/v1/models/spamm', '/anthropic/v1/models/spamm']) {
      const { status, body } = await send('GET', path, { authorization })
      assert.equal(status, 404)
      assert.match(
        body.error.message,
        /^There is no model "spamm"\. Did you mean "spam"\? GET the path "models" of this API/,
      )
      assert.doesNotMatch(body.error.message, /deployments/)
    }
  })
})
