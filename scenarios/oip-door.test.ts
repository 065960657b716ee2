import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { decodeInferResponse, encodeInferRequest, type Tensor } from '@astraapi/oip'
import { heldOutDigits } from '../models/digits/held-out.ts'
import { startScriptedUpstream } from './testing/scripted-upstream.ts'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const repositoryManifest = new URL('../astra.yaml', import.meta.url).pathname

const mails = ['You have won a prize. Click here to claim your free money now!', 'Grüße: the patch fixes the build 🎉']
const text: Tensor = { name: 'text', datatype: 'BYTES', shape: [mails.length], data: mails }

interface Sent {
  readonly binary?: boolean
  readonly encoding?: 'gzip' | 'deflate'
  readonly accept?: string
  readonly outputs?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
}

/** A contract whose second version is no server of tensors, and says what none can hold. */
const mayBeNull = (url: string) => `
models:
  probe:
    owner: tests
    contracts:
      v1:
        input:
          type: object
          properties: { text: { type: string }, script: { type: string } }
          required: [text, script]
        output:
          type: object
          properties: { text: { type: [string, "null"] } }
          required: [text]
        versions:
          "1.0": { replicas: ["${url}"] }
          "1.1": { backend: echo, answer: { text: null } }
consumers:
  tests: {}
`

const packers = { gzip: [gzipSync, gunzipSync], deflate: [deflateSync, inflateSync] } as const

describe('the door of the Open Inference Protocol', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startTestGateway({ config: repositoryManifest, models: repositoryModels })
  })
  after(() => gateway.stop())

  /** One infer request as a client of the protocol sends it, and its answer as it came. */
  async function post(path: string, tensors: readonly Tensor[], sent: Sent = {}) {
    const { binary = false, encoding, accept = 'identity', outputs, headers, key = gateway.adminKey } = sent
    const { body, headerLength } = encodeInferRequest({ inputs: tensors, binary, ...(outputs ? { outputs } : {}) })
    const packed = encoding ? packers[encoding][0](body) : body
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'accept-encoding': accept,
        ...(headerLength === undefined ? {} : { 'inference-header-content-length': String(headerLength) }),
        ...(encoding ? { 'content-encoding': encoding } : {}),
        ...headers,
      },
      body: Buffer.from(packed),
    })
    // fetch unpacks what it gets.
    const received = Buffer.from(await response.arrayBuffer())
    const length = response.headers.get('inference-header-content-length') ?? undefined
    const json = JSON.parse(received.subarray(0, length === undefined ? undefined : Number(length)).toString())
    const tensor = (name: string) => {
      assert.equal(response.status, 200, received.toString())
      const found = decodeInferResponse(received, length).outputs.find((output) => output.name === name)
      return found && { ...found, data: Array.from<unknown>(found.data) }
    }
    return { status: response.status, headers: response.headers, json, length, tensor }
  }

  it('answers as the native door does, whichever way the tensors travel', async () => {
    // So many that an answer is worth compressing.
    const many = Array.from({ length: 64 }, () => mails).flat()
    const native = await gateway.ask(
      'POST',
      '/models/spam/v1/predict',
      { inputs: many.map((mail) => ({ text: mail })) },
      { headers: { 'Astra-Version': '1.1' } },
    )
    const expected: { label: string; score: number }[] = native.body.results.map(
      (result: { output: object }) => result.output,
    )
    for (const prefix of ['/v2', '/oip/v2']) {
      for (const binary of [false, true]) {
        for (const encoding of [undefined, 'gzip', 'deflate'] as const) {
          const way = { binary, ...(encoding ? { encoding, accept: encoding } : {}) }
          const answer = await post(
            `${prefix}/models/spam/versions/1.1/infer`,
            [{ ...text, shape: [many.length], data: many }],
            way,
          )
          assert.deepEqual(
            answer.tensor('label')?.data,
            expected.map(({ label }) => label),
          )
          assert.deepEqual(
            answer.tensor('score')?.data,
            expected.map(({ score }) => Math.fround(score)),
          )
          assert.deepEqual([answer.json.model_name, answer.json.model_version], ['spam', '1.1'])
          assert.equal(answer.headers.get('content-encoding') ?? undefined, encoding)
          assert.equal(answer.length !== undefined, binary)
          assert.match(answer.headers.get('server-timing') ?? '', /gateway;dur=.*upstream;dur=/)
        }
      }
    }
  })

  it('numbers of several dimensions in and out', async () => {
    const samples = [...heldOutDigits()].slice(0, 5)
    const pixels: Tensor = {
      name: 'pixels',
      datatype: 'FP32',
      shape: [samples.length, 64],
      data: Float32Array.from(samples.flatMap((sample) => sample.pixels)),
    }
    for (const binary of [false, true]) {
      const answer = await post('/v2/models/digits/infer', [pixels], { binary, outputs: ['label'] })
      assert.deepEqual(
        answer.tensor('label')?.data,
        samples.map(({ label }) => label),
      )
      assert.equal(answer.tensor('score'), undefined)
    }
    const vector = (await post('/v2/models/embed/infer', [text], { binary: true })).tensor('embedding')
    assert.deepEqual([vector?.shape, vector?.datatype], [[2, 512], 'FP32'])
  })

  it('pins by the path, splits without it, and keeps one Record with every option', async () => {
    const pinned = await post('/v2/models/spam@v1/versions/1.0/infer', [text])
    assert.deepEqual([pinned.json.model_name, pinned.json.model_version], ['spam@v1', '1.0'])
    const versions = new Set<string>()
    for (let unit = 0; versions.size < 2 && unit < 100; unit++) {
      const { json } = await post('/v2/models/spam/infer', [text], { headers: { 'astra-unit': `u${unit}` } })
      versions.add(json.model_version)
    }
    assert.deepEqual([...versions].sort(), ['1.0', '1.1'])
    const headers = { 'astra-reference': 'mail-7', 'astra-unit': 'u', 'astra-tags': 'a=b' }
    const answer = await post('/v2/models/spam/versions/1.1/infer', [text], { headers })
    const record = await recordOf(answer.headers.get('astra-call-id'))
    assert.deepEqual(
      [record.door, record.model, record.major, record.versionServed, record.items, record.reference, record.outcome],
      ['oip', 'spam', 1, '1.1', 2, 'mail-7', 'ok'],
    )
  })

  it('feedback finds the call', async () => {
    const answer = await post('/v2/models/spam/infer', [text])
    const call = answer.headers.get('astra-call-id')
    const { status } = await gateway.ask('POST', '/api/v1/feedback', { call, metric: 'correct', value: true })
    assert.equal(status, 200)
  })

  it('refuses in the protocol’s form, before, at and behind the door, and counts each call once', async () => {
    const before = await counts()
    const pixels = (value: number): Tensor => ({
      name: 'pixels',
      datatype: 'FP32',
      shape: [1, 64],
      data: new Float32Array(64).fill(value),
    })
    const refused: readonly (readonly [string, readonly Tensor[], Sent, number, string, RegExp])[] = [
      ['spam', [text], { key: 'astra_unknown' }, 401, 'unauthenticated', /keys create/],
      ['nothing', [text], {}, 404, 'unknown_model', /^There is no model "nothing"\. /],
      ['story', [text], {}, 404, 'no_tensors', /POST \/models\/story\/v1\/predict/],
      ['digits', [text], {}, 400, 'invalid_body', /^The model has no input "text"; its inputs are: pixels\./],
      ['digits', [pixels(17)], {}, 400, 'invalid_input', /input "pixels", row 0, element \[0\], must be at most 16/],
      ['digits', [pixels(Number.NaN)], { binary: true }, 400, 'invalid_body', /^Tensor pixels holds NaN in row 0/],
      ['spam', [text], { headers: { 'astra-timeuot': '1s' } }, 400, 'invalid_option', /Did you mean "Astra-Timeout"\?/],
      ['spam', [text], { headers: { 'inference-header-content-length': '9999' } }, 400, 'invalid_body', /^Inference-/],
      ['spam', [text], { headers: { 'content-encoding': 'gzip' } }, 400, 'invalid_body', /^The body is not gzip: /],
      ['spam', [text], { headers: { 'content-encoding': 'br' } }, 501, 'unsupported', /use gzip, deflate or none/],
    ]
    for (const [model, tensors, sent, status, code, error] of refused) {
      const answer = await post(`/v2/models/${model}/infer`, tensors, sent)
      assert.equal(answer.status, status, answer.json.error)
      assert.deepEqual(Object.keys(answer.json), ['error'])
      assert.match(answer.json.error, error)
      assert.equal(answer.headers.get('astra-error-code'), code)
      if (status === 401) continue
      const record = await recordOf(answer.headers.get('astra-call-id'))
      assert.deepEqual([record.door, record.code, record.outcome], ['oip', code, 'refused'])
    }
    const now = await counts()
    assert.equal(now.received - before.received, refused.length)
    assert.equal(now.refused - before.refused, 1)
    assert.equal(now.recorded - before.recorded, refused.length - 1)
  })

  it('a body may not unpack to more than the contract allows', async () => {
    const zeros = { name: 'text', datatype: 'BYTES', shape: [1], data: ['\0'.repeat(11 * 2 ** 20)] } as const
    const { status, json } = await post('/v2/models/spam/infer', [zeros], { encoding: 'gzip', binary: true })
    assert.equal(status, 413)
    assert.match(json.error, /larger than 10485760 bytes once it is unpacked/)
  })

  it('paths and methods that are not there are told in the same form', async () => {
    for (const prefix of ['/v2', '/oip/v2']) {
      const missing = await gateway.ask('GET', `${prefix}/nothing`)
      assert.deepEqual([missing.status, Object.keys(missing.body)], [404, ['error']])
      const method = await gateway.ask('GET', `${prefix}/models/spam/infer`)
      assert.deepEqual([method.status, method.headers.get('allow')], [405, 'POST'])
      assert.match(method.body.error, /takes POST\. /)
      const unreadable = await gateway.ask('GET', `${prefix}/%zz`)
      assert.deepEqual([unreadable.status, Object.keys(unreadable.body)], [404, ['error']])
      const nobody = await gateway.ask('GET', `${prefix}/models`, undefined, { headers: { authorization: '' } })
      assert.deepEqual([nobody.status, Object.keys(nobody.body)], [401, ['error']])
    }
    const other = await gateway.ask('GET', '/v22')
    assert.equal(other.body.code, 'unknown_route')
  })

  it('probes need no key; all else does, and tells what that key may use', async () => {
    for (const path of ['/v2/health/live', '/oip/v2/health/ready'])
      assert.equal((await fetch(gateway.url + path)).status, 200)
    for (const path of ['/v2', '/v2/models/spam', '/v2/models/spam/ready'])
      assert.equal((await fetch(gateway.url + path)).status, 401)
    const make = (body: object) => gateway.ask('POST', '/api/v1/keys', { consumer: 'demo', ...body })
    const spamOnly = (await make({ permissions: ['infer'], models: ['spam'] })).body.secret
    const reader = (await make({ permissions: ['read'] })).body.secret
    const get = async (path: string, key: string) => (await gateway.ask('GET', path, undefined, { key })).body
    assert.deepEqual(await get('/v2/models', spamOnly), { models: ['spam'] })
    assert.match((await get('/v2/models/digits', spamOnly)).error, /may not use the model "digits"\. Ask its owner/)
    assert.match((await get('/v2/models', reader)).error, /lacks the permission "infer"/)
    const forbidden = await post('/v2/models/digits/infer', [text], { key: spamOnly })
    assert.deepEqual([forbidden.status, forbidden.headers.get('astra-error-code')], [403, 'model_forbidden'])
    assert.equal((await recordOf(forbidden.headers.get('astra-call-id'))).code, 'model_forbidden')
  })

  it('an answer that fits the contract and no tensor: what the caller gets is what the Record says', async () => {
    const upstream = await startScriptedUpstream()
    const folder = await mkdtemp(join(tmpdir(), 'astra-oip-door-'))
    const config = join(folder, 'astra.yaml')
    await writeFile(config, mayBeNull(upstream.url))
    const other = await startTestGateway({ config })
    try {
      const inputs = ['a', 'b'].map((word) => ({ text: word, script: '{}' }))
      const native = await other.ask(
        'POST',
        '/models/probe/v1/predict',
        { inputs },
        { headers: { 'astra-version': '1.1' } },
      )
      assert.deepEqual(
        native.body.results.map(({ output }: { output: unknown }) => output),
        [{ text: null }, { text: null }],
      )
      const tensors = (['script', 'text'] as const).map((name) => ({
        name,
        datatype: 'BYTES',
        shape: [inputs.length],
        data: inputs.map((input) => input[name]),
      }))
      const outcomes = []
      for (const version of ['1.0', '1.1']) {
        const path = `/v2/models/probe/versions/${version}/infer`
        const { status, headers, body } = await other.ask('POST', path, { inputs: tensors })
        const code = headers.get('astra-error-code')
        const record = await recordOf(headers.get('astra-call-id'), other)
        outcomes.push([status, body.outputs?.[0].data, code, record.outcome, record.code, record.reason])
      }
      const reason = 'the answer cannot be told as tensors: /0/text must be a string'
      assert.deepEqual(outcomes, [
        [200, ['a', 'b'], null, 'ok', undefined, undefined],
        [500, undefined, 'invalid_output', 'failed', 'invalid_output', reason],
      ])
    } finally {
      await other.stop()
      await upstream.close()
      await rm(folder, { recursive: true })
    }
  })

  it('metadata is no call', async () => {
    const before = await counts()
    const paths = ['', '/models', '/models/spam', '/models/nothing', '/models/spam/versions/1.0', '/models/spam/ready']
    for (const path of paths) await gateway.ask('GET', `/v2${path}`)
    await gateway.ask('POST', '/v2/repository/index')
    assert.deepEqual(await counts(), before)
  })

  /** Readable within 100 ms of the answer, as documented; a second is a fault. */
  async function recordOf(id: string | null, from = gateway) {
    const until = performance.now() + 3000
    while (performance.now() < until) {
      const { status, body } = await from.ask('GET', `/api/v1/calls/${id}`)
      if (status === 200) return body.call ?? body
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`no Record of ${id} came`)
  }

  async function counts(): Promise<{ received: number; recorded: number; refused: number }> {
    return (await gateway.ask('GET', '/api/v1/status')).body.calls
  }
})
