// Longer than most, as it is one table of refusals over one door; what the codec refuses is tested with the codec.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import Fastify from 'fastify'
import type { WholeAnswer } from '../../../kernel/answer.ts'
import type { Call } from '../../../kernel/call.ts'
import type { ContractRevision } from '../../../kernel/catalog-state.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import type { TensorSpec } from '../../../kernel/tensors.ts'
import { oipEmit } from '../../emit/oip/oip-emit.ts'
import { lookUp, permittedContracts } from '../../look-up.ts'
import { testCaller, testCatalog } from '../../testing/fixtures.ts'
import { mountOip } from './mount-oip.ts'

const text: TensorSpec = { name: 'text', datatype: 'BYTES', shape: [-1] }
const label: TensorSpec = { name: 'label', datatype: 'BYTES', shape: [-1] }

function revision(inputs: readonly TensorSpec[], fields: Record<string, object>, outputs = [label]): ContractRevision {
  const closed = (properties: Record<string, object>) => ({
    type: 'object' as const,
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  })
  return { input: closed(fields), output: closed({ label: { type: 'string' } }), tensors: { inputs, outputs } }
}

const plain = revision([text], { text: { type: 'string' } })

/** The door over a journey that remembers each call and answers it as told. */
function door({
  of = plain,
  items,
  weights = { '1.0': 1 },
  models,
  notReady = [],
  unready,
  tells = true,
}: {
  of?: ContractRevision
  items?: readonly unknown[]
  weights?: Record<string, number>
  models?: readonly string[]
  notReady?: readonly string[]
  unready?: string
  tells?: boolean
} = {}) {
  const versions = { '1.0': {}, '0.9': { retired: { successor: '1.0' } } }
  const catalog = testCatalog(weights, { versions, contract: { revisions: [of] } })
  const calls: Call[] = []
  const refused: [Call, AstraError][] = []
  const reported: AstraError[] = []
  const caller = testCaller(models ? { models } : {})
  const http = Fastify()
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', (_request, _payload, done) => done(null))
  http.setErrorHandler((error, _request, reply) => oipEmit.error(reply, error as AstraError, undefined))
  let ids = 0
  const unused = () => assert.fail('this door runs no operation')
  mountOip(http, '/v2', {
    context: {
      clock: { now: () => 1, elapsed: () => 2, id: () => `call-${++ids}` },
      catalog: () => catalog,
      operations: [],
      operate: unused,
      refuse: (call, _caller, error) => void refused.push([call, error]),
      async serve(call): Promise<WholeAnswer> {
        calls.push(call)
        const answer: WholeAnswer = {
          kind: 'whole',
          callId: call.id,
          model: 'spam',
          major: 1,
          version: '1.0',
          cached: false,
          items: (items ?? call.inputs.map(() => ({ label: 'ham' }))).map((output) => ({ output })),
          usage: { items: call.inputs.length },
          timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 },
        }
        if (tells) call.tell?.(answer)
        return answer
      },
    },
    emit: oipEmit,
    callerOf: () => caller,
    lookUp: (name) => lookUp(name, caller, catalog),
    contracts: () => permittedContracts(caller, catalog),
    notReady: () => notReady,
    whyUnready: () => unready,
    softwareVersion: '1.2.3',
    report: (error) => void reported.push(error),
  })
  const send = async (method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const payload =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const reply = await http.inject({
      method,
      url: `/v2${path}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: reply.statusCode, headers: reply.headers, body: reply.json() }
  }
  return { calls, refused, reported, send }
}

const rows = (...data: string[]) => ({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [data.length], data }] })

describe('an infer request becomes one Call', () => {
  it('with an item for each row, all of which must succeed', async () => {
    const { calls, send } = door()
    const { status, body, headers } = await send('POST', '/models/spam/infer', { id: 'mine', ...rows('a', 'b') })
    assert.deepEqual([status, body.id, body.model_name, body.model_version], [200, 'mine', 'spam', '1.0'])
    assert.deepEqual(body.outputs, [{ name: 'label', datatype: 'BYTES', shape: [2], data: ['ham', 'ham'] }])
    assert.equal(headers['astra-call-id'], 'call-1')
    const [{ signal: _s, trace: _t, tell: _a, ...call } = assert.fail('no call')] = calls
    assert.deepEqual(call, {
      id: 'call-1',
      door: 'oip',
      model: 'spam',
      major: undefined,
      inputs: [{ text: 'a' }, { text: 'b' }],
      batch: true,
      allOrNothing: true,
      stream: false,
      options: {},
      receivedAt: 1,
      startedAt: 2,
    })
  })

  it('for the major and the version that its path names', async () => {
    const { calls, send } = door()
    const { body } = await send('POST', '/models/spam@v1/versions/1.0/infer', rows('a'))
    assert.equal(body.model_name, 'spam@v1')
    assert.deepEqual([calls[0]?.model, calls[0]?.major, calls[0]?.options.version], ['spam', 1, '1.0'])
    await send('POST', '/models/spam/versions/1.0/infer', rows('a'), { 'astra-version': '1.0' })
    assert.equal(calls[1]?.options.version, '1.0')
    const { status } = await send('POST', '/models/spam/versions/1.0/infer', rows('a'), { 'astra-version': '0.9' })
    assert.deepEqual([status, calls.length], [400, 2])
  })

  it("with the header's time limit, else with Triton's parameter in microseconds", async () => {
    const { calls, refused, send } = door()
    const limits: readonly (readonly [unknown, string | undefined, number | undefined])[] = [
      [2_500_000, undefined, 2500],
      ['2500', undefined, 3],
      [1, undefined, 1],
      [0, undefined, undefined],
      [1e15, undefined, 3_600_000],
      [2_500_000, '100ms', 100],
    ]
    for (const [timeout, header, expected] of limits) {
      const sent = { ...rows('a'), parameters: { timeout } }
      const { status } = await send('POST', '/models/spam/infer', sent, header ? { 'astra-timeout': header } : {})
      assert.deepEqual([status, calls.at(-1)?.options.timeoutMs], [200, expected], `${timeout} ${header}`)
    }
    for (const timeout of [-1, 'soon', 'NaN']) {
      const { status, body } = await send('POST', '/models/spam/infer', { ...rows('a'), parameters: { timeout } })
      assert.equal(status, 400)
      assert.match(body.error, /"timeout" must be a number of microseconds/)
    }
    assert.equal(refused.length, 3)
  })

  it('whose items are those of the contract: a column is a lone value where the field is one', async () => {
    const x: TensorSpec = { name: 'x', datatype: 'INT32', shape: [-1, 1] }
    const sent = { inputs: [{ name: 'x', datatype: 'INT32', shape: [2, 1], data: [1, 2] }] }
    const lone = door({ of: revision([x], { x: { type: 'integer' } }) })
    await lone.send('POST', '/models/spam/infer', sent)
    assert.deepEqual(lone.calls[0]?.inputs, [{ x: 1 }, { x: 2 }])
    const list = door({ of: revision([x], { x: { type: 'array', items: { type: 'integer' } } }) })
    await list.send('POST', '/models/spam/infer', sent)
    assert.deepEqual(list.calls[0]?.inputs, [{ x: [1] }, { x: [2] }])
  })
})

describe('a request that cannot become a Call has one Record, and an error that says what to do', () => {
  const wide: TensorSpec = { name: 'x', datatype: 'FP32', shape: [-1, -1, -1] }
  const cases: readonly {
    name: string
    path?: string
    body?: unknown
    headers?: Record<string, string>
    given?: Parameters<typeof door>[0]
    status: number
    code: string
    error: RegExp
  }[] = [
    {
      name: 'no JSON',
      body: '{',
      status: 400,
      code: 'invalid_body',
      error: /^The body is not JSON: .*GET \/v2\/models\/spam tells its tensors\.$/,
    },
    {
      name: 'another datatype',
      body: { inputs: [{ ...rows('a').inputs[0], datatype: 'FP32' }] },
      status: 400,
      code: 'invalid_body',
      error: /^Input "text" is FP32, but the model takes BYTES\. GET/,
    },
    { name: 'no row', body: rows(), status: 400, code: 'invalid_body', error: /holds no row/ },
    {
      name: 'more rows than the contract takes',
      body: rows('a', 'b', 'c', 'd', 'e'),
      status: 413,
      code: 'too_many_items',
      error: /^At most 4 rows/,
    },
    {
      name: 'a body over the limit',
      body: rows('x'.repeat(10_001)),
      status: 413,
      code: 'body_too_large',
      error: /exceeds 10000 bytes/,
    },
    {
      name: 'an encoding that is not known',
      body: 'x',
      headers: { 'content-encoding': 'br' },
      status: 501,
      code: 'unsupported',
      error: /^Content-Encoding "br" is not supported: use gzip, deflate or none\. Leave it out\.$/,
    },
    {
      name: 'more rows than the model takes',
      given: { of: revision([text], { text: { type: 'string' } }, [{ ...label, shape: [1] }]) },
      body: rows('a', 'b'),
      status: 400,
      code: 'invalid_body',
      error: /takes one row a request/,
    },
    {
      name: 'an empty tensor with billions of lists',
      given: { of: revision([wide], { x: { type: 'array' } }) },
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1e9, 0], data: [] }] },
      status: 400,
      code: 'invalid_body',
      error: /holds 1000000000 empty lists, more than the 10000 allowed/,
    },
    {
      name: 'no row of billions of lists',
      given: { of: revision([wide], { x: { type: 'array' } }) },
      body: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1e15, 0, 1], data: [] }] },
      status: 413,
      code: 'too_many_items',
      error: /^At most 4 rows/,
    },
    {
      name: 'an unknown model',
      path: '/models/spamm/infer',
      body: rows('a'),
      status: 404,
      code: 'unknown_model',
      error: /^There is no model "spamm"\. Did you mean "spam"\?/,
    },
    {
      name: 'an unknown major',
      path: '/models/spam@v7/infer',
      body: rows('a'),
      status: 404,
      code: 'unknown_major',
      error: /^spam has no v7; it has v1\. /,
    },
    {
      name: 'no major',
      path: '/models/spam@7/infer',
      body: rows('a'),
      status: 404,
      code: 'unknown_major',
      error: /Write it like spam@v1/,
    },
    {
      name: 'a model of others',
      given: { models: ['other'] },
      body: rows('a'),
      status: 403,
      code: 'model_forbidden',
      error: /may not use the model "spam"\. Ask its owner for access: mail-platform\.$/,
    },
    {
      name: 'an option with a typo',
      body: rows('a'),
      headers: { 'astra-unti': 'u' },
      status: 400,
      code: 'invalid_option',
      error: /Did you mean "Astra-Unit"\?/,
    },
    {
      name: 'no tensors',
      given: { of: { input: {}, output: {} } },
      body: rows('a'),
      status: 404,
      code: 'no_tensors',
      error: /no tensor signature.*POST \/models\/spam\/v1\/predict/,
    },
  ]
  for (const { name, path = '/models/spam/infer', body, headers, given, status, code, error } of cases) {
    it(name, async () => {
      const { calls, refused, send } = door(given)
      const reply = await send('POST', path, body, headers)
      assert.equal(reply.status, status, reply.body.error)
      assert.deepEqual(Object.keys(reply.body), ['error'])
      assert.match(reply.body.error, error)
      assert.equal(reply.headers['astra-error-code'], code)
      assert.deepEqual([calls.length, refused.length], [0, 1])
      const [[call, kept] = assert.fail('no Record')] = refused
      assert.deepEqual([kept.code, call.id], [code, reply.headers['astra-call-id']])
    })
  }
})

it('whatever bytes come, compressed or not, with any header length: a refusal and one Record', async () => {
  const { calls, refused, send } = door()
  const nested = Buffer.from(
    `{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":${'['.repeat(4000)}${']'.repeat(4000)}}]}`,
  )
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((json) => Buffer.from(json)),
    fc.constant(nested),
  )
  const length = fc.option(
    fc.oneof(fc.string(), fc.integer().map(String)).map((value) => value.replaceAll(/[^ -~]/g, '')),
  )
  const encoding = fc.option(fc.constantFrom('gzip', 'deflate', 'identity', 'br'))
  await fc.assert(
    fc.asyncProperty(bytes, length, encoding, async (body, headerLength, contentEncoding) => {
      const before = refused.length
      const { status } = await send('POST', '/models/spam/infer', Buffer.from(body), {
        ...(headerLength === null ? {} : { 'inference-header-content-length': headerLength }),
        ...(contentEncoding === null ? {} : { 'content-encoding': contentEncoding }),
      })
      assert.ok(status === 400 || status === 501, String(status))
      assert.deepEqual([refused.length - before, calls.length], [1, 0])
    }),
  )
})

describe('an answer that does not become one', () => {
  it('as it is no tensor, fails the journey, which keeps the Record and the reason', async () => {
    const { calls, refused, reported, send } = door({ items: [{ label: 1 }] })
    const { status, body, headers } = await send('POST', '/models/spam/infer', rows('a'))
    assert.deepEqual([status, headers['astra-error-code']], [500, 'invalid_output'])
    assert.match(body.error, /^The model broke its contract\. .* The call is call-1\.$/)
    assert.deepEqual([calls.length, refused.length, reported.length], [1, 0, 0])
  })

  it('by a fault of ours behind the journey, is an operator’s to read', async () => {
    const { refused, reported, send } = door({ tells: false })
    const { status, body } = await send('POST', '/models/spam/infer', rows('a'))
    assert.deepEqual([status, refused.length], [500, 0])
    assert.match(body.error, /^A fault in the gateway\. .* The call is call-1\.$/)
    assert.match(reported[0]?.facts.reason ?? '', /without an answer told as tensors/)
  })
})

describe('what is there to call', () => {
  it('server, health, models and their tensors', async () => {
    const { send } = door()
    const get = async (path: string) => (await send('GET', path)).body
    assert.deepEqual(await get(''), { name: 'astraapi', version: '1.2.3', extensions: ['binary_tensor_data'] })
    assert.deepEqual([await get('/health/live'), await get('/health/ready')], [{ live: true }, { ready: true }])
    assert.deepEqual(await get('/models'), { models: ['spam'] })
    const metadata = { versions: ['1.0'], platform: 'astraapi', inputs: [text], outputs: [label] }
    assert.deepEqual(await get('/models/spam'), { name: 'spam', ...metadata })
    assert.deepEqual(await get('/models/spam@v1/versions/1.0'), { name: 'spam@v1', ...metadata })
    assert.deepEqual(await get('/models/spam/ready'), { name: 'spam', ready: true })
  })

  it('only what this key may use', async () => {
    const { send } = door({ models: ['other'] })
    assert.deepEqual((await send('GET', '/models')).body, { models: [] })
    assert.deepEqual((await send('POST', '/repository/index')).body, [])
    assert.equal((await send('GET', '/models/spam')).status, 403)
  })

  it('the index says of each version whether it can be called', async () => {
    const { send } = door()
    const ready = { name: 'spam', version: '1.0', state: 'READY', reason: '' }
    const retired = { name: 'spam', version: '0.9', state: 'UNAVAILABLE', reason: 'retired for 1.0' }
    assert.deepEqual((await send('POST', '/repository/index')).body, [ready, retired])
    assert.deepEqual((await send('POST', '/repository/index', { ready: true })).body, [ready])
    assert.equal((await send('POST', '/repository/index', '[]')).status, 400)
  })

  it('is not ready: the gateway, or a contract without traffic', async () => {
    const { send } = door({ weights: {}, notReady: ['the store'] })
    const server = await send('GET', '/health/ready')
    assert.deepEqual([server.status, server.body], [503, { error: 'Not ready: it waits for the store.' }])
    assert.equal((await send('GET', '/models/spam/ready')).status, 503)
    assert.equal((await send('GET', '/models/spam/versions/1.0/ready')).status, 200)
  })

  it('is not ready: a version whose replicas take no calls', async () => {
    const { send } = door({ unready: 'none of its replicas takes calls' })
    const { status, body } = await send('GET', '/models/spam/versions/1.0/ready')
    assert.deepEqual([status, (await send('GET', '/models/spam/ready')).status], [503, 503])
    assert.match(body.error, /^spam is not ready: none of its replicas takes calls\.$/)
    assert.deepEqual((await send('POST', '/repository/index', { ready: true })).body, [])
  })

  it('models are neither loaded nor unloaded here', async () => {
    const { send } = door()
    for (const change of ['load', 'unload']) {
      const { status, body } = await send('POST', `/repository/models/spam/${change}`, '{}')
      assert.equal(status, 501)
      assert.match(body.error, /astraapi apply/)
    }
  })
})
