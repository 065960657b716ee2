import assert from 'node:assert/strict'
import { describe, it, type TestContext, test } from 'node:test'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import { eventually } from '../testing/eventually.ts'
import { createOipBackend } from './oip.ts'
import { type FakeUpstream, openFakeUpstream, privateWords } from './testing/fake-upstream.ts'

const digest = `sha256:${'a'.repeat(64)}`
const inputs = [{ name: 'text', datatype: 'BYTES', shape: [-1], more: 1 }]
const outputs = [{ name: 'score', datatype: 'FP32', shape: [-1, 2] }]
const metadata = { name: 'spam', versions: ['1.0', '1.1'], platform: 'onnx', inputs, outputs, parameters: { digest } }
const tensors = {
  inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
  outputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 2] }],
}

const load = '/v2/repository/models/spam/load'
const index = '/v2/repository/index'
const path = '/v2/models/spam/versions/1.1'
const never = new AbortController().signal

/** Replicas r0, r1, … that know nothing yet. */
async function open(t: TestContext, count = 1, inspectedMs = 60_000) {
  const upstreams = await Promise.all(Array.from({ length: count }, () => openFakeUpstream()))
  const addresses = Object.fromEntries(upstreams.map(({ address }, i) => [`r${i}`, address]))
  const backend = createOipBackend({ addresses, bodyBytesMax: 1 << 20, inspectedMs })
  t.after(async () => {
    await backend.close()
    for (const upstream of upstreams) await upstream.close()
  })
  const settings = backend.withDefaults({}, 'spam', '1.1')
  return {
    upstreams,
    backend,
    inspect: (replicas = Object.keys(addresses), signal = never) => backend.inspect({ settings, replicas }, signal),
    /** Loads only what is missing. */
    verify: () => backend.inspect({ settings, replicas: ['r0'] }, never, 'missing'),
  }
}

function serve(upstream: FakeUpstream | undefined, described: unknown = metadata): void {
  upstream?.answer(load, 200, {})
  upstream?.answer(path, 200, described)
  upstream?.answer(`${path}/ready`, 200, {})
}

async function refused(inspecting: Promise<unknown>, code: ErrorCode): Promise<AstraError> {
  const error = await inspecting.then(
    () => assert.fail('it passed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof AstraError)
  assert.equal(error.code, code)
  assert.doesNotMatch(error.message + JSON.stringify(error.facts.violations ?? ''), new RegExp(privateWords))
  return error
}

test('loads the model, then says its digest and tensors', async (t) => {
  const { upstreams, inspect } = await open(t)
  serve(upstreams[0])
  assert.deepEqual(await inspect(), { digest, tensors })
  assert.deepEqual(
    upstreams[0]?.requests.map(({ method, path }) => `${method} ${path}`),
    [`POST ${load}`, `GET ${path}`, `GET ${path}/ready`, 'GET /v2'],
  )
})

describe('an inspection that loads only what is missing', () => {
  const asked = ({ requests }: FakeUpstream) => requests.map(({ method, path }) => `${method} ${path}`)

  it('loads nothing that is there', async (t) => {
    const { upstreams, verify } = await open(t)
    const [upstream] = upstreams as [FakeUpstream]
    serve(upstream)
    assert.deepEqual(await verify(), { digest, tensors })
    assert.deepEqual(asked(upstream), [`GET ${path}`, `GET ${path}/ready`, 'GET /v2'])
  })

  it('loads nothing that is there and broken', async (t) => {
    const { upstreams, verify } = await open(t)
    const [upstream] = upstreams as [FakeUpstream]
    upstream.answer(path, 503, { error: privateWords })
    await refused(verify(), 'upstream_unavailable')
    assert.deepEqual(asked(upstream), [`GET ${path}`])
  })

  for (const status of [400, 404]) {
    it(`loads what a ${status} says is unknown`, async (t) => {
      const { upstreams, verify } = await open(t)
      const [upstream] = upstreams as [FakeUpstream]
      upstream.answer(path, status, { error: privateWords })
      upstream.answer(load, 200, {})
      await refused(verify(), 'invalid_manifest')
      assert.deepEqual(asked(upstream).slice(0, 3), [`GET ${path}`, `POST ${load}`, `GET ${path}`])
    })
  }
})

test('an address that was only inspected is let go of; one that became a replica stays', async (t) => {
  const { upstreams, backend, inspect } = await open(t, 2, 20)
  serve(upstreams[0])
  serve(upstreams[1])
  upstreams[1]?.answer('/v2/health/ready', 200, {})
  const [visited, kept] = upstreams as [FakeUpstream, FakeUpstream]
  const probedFrom = async () => {
    await backend.probe?.('r1', never)
    return kept.requests.at(-1)?.port
  }
  const port = await probedFrom()
  for (let turn = 0; turn < 2; turn++) {
    await inspect()
    assert.ok(visited.connections() > 0, 'it opens anew')
    await eventually(() => visited.connections() === 0, 5000, 'the one that was only inspected has no connection left')
  }
  assert.equal(await probedFrom(), port, 'the same connection')
})

for (const status of [400, 404, 405, 500, 501, 503]) {
  test(`a load that answers ${status} is not the last word`, async (t) => {
    const { upstreams, inspect } = await open(t)
    serve(upstreams[0])
    upstreams[0]?.answer(load, status, { error: privateWords })
    assert.deepEqual(await inspect(), { digest, tensors })
  })
}

const digests: readonly unknown[] = [undefined, null, {}, { digest: 5 }, { digest: 'latest' }, { digest: 'sha256:AA' }]

for (const parameters of digests) {
  test(`parameters ${JSON.stringify(parameters)} hold no digest`, async (t) => {
    const { upstreams, inspect } = await open(t)
    serve(upstreams[0], { ...metadata, parameters })
    assert.equal((await inspect()).digest, undefined)
  })
}

test('a server that describes no tensors leaves them to the contract', async (t) => {
  const { upstreams, inspect } = await open(t)
  serve(upstreams[0], { name: 'spam' })
  assert.deepEqual(await inspect(), { digest: undefined })
})

test('an unknown model: says what the repository has, and which was meant', async (t) => {
  const { upstreams, inspect } = await open(t)
  upstreams[0]?.answer(index, 200, [{ name: 'spma', version: '1' }, { name: 'digits' }, null, { name: 'digits' }])
  const { facts } = await refused(inspect(), 'invalid_manifest')
  const message = 'r0 has no model spam; it has digits, spma'
  assert.deepEqual(facts.violations, [{ path: 'model', message, suggestion: 'Did you mean "spma"?' }])
  assert.match(facts.reason ?? '', new RegExp(`${message} .*${privateWords}`))
})

test('an unknown version: says which ones there are', async (t) => {
  const { upstreams, inspect } = await open(t)
  const listed = ['1.0', '0.9'].map((version) => ({ name: 'spam', version }))
  upstreams[0]?.answer(index, 200, listed)
  const { facts } = await refused(inspect(), 'invalid_manifest')
  assert.equal(facts.violations?.[0]?.path, 'version')
  assert.equal(facts.detail, 'r0 has spam in 0.9, 1.0, not in 1.1')
})

test('an unknown model at a server without an index, or with none of its own', async (t) => {
  const { upstreams, inspect } = await open(t)
  assert.equal((await refused(inspect(), 'invalid_manifest')).message, 'r0 has no spam 1.1')
  upstreams[0]?.answer(index, 200, [])
  assert.equal((await refused(inspect(), 'invalid_manifest')).message, 'r0 has no model spam; it has none')
  upstreams[0]?.answer(
    index,
    200,
    Array.from({ length: 25 }, (_, i) => ({ name: `m${i + 10}` })),
  )
  assert.match((await refused(inspect(), 'invalid_manifest')).message, /m10, .*, m29 and 5 more$/)
})

test('a model that is not ready, or cannot be described, is unavailable', async (t) => {
  const { upstreams, inspect } = await open(t)
  serve(upstreams[0])
  upstreams[0]?.answer(`${path}/ready`, 400, { error: privateWords })
  const notReady = await refused(inspect(), 'upstream_unavailable')
  assert.equal(notReady.message, 'spam 1.1 is not ready at r0')
  assert.match(notReady.facts.reason ?? '', new RegExp(privateWords))
  upstreams[0]?.answer(path, 503, { error: privateWords })
  const unserved = await refused(inspect(), 'upstream_unavailable')
  assert.equal(unserved.message, 'r0 cannot serve spam 1.1')
})

test('a replica that does not answer is named', async (t) => {
  const { inspect } = await open(t)
  const { message } = await refused(inspect(['unix:/nowhere/at-all.sock']), 'upstream_unavailable')
  assert.equal(message, 'unix:/nowhere/at-all.sock does not answer')
})

for (const address of ['embeded', 'ftp://host', 'unix:relative.sock', '127.0.0.1:8000', '']) {
  test(`"${address}" is not an address`, async (t) => {
    const { inspect } = await open(t)
    const { facts } = await refused(inspect([address]), 'invalid_manifest')
    assert.equal(facts.violations?.[0]?.path, 'replicas')
    assert.match(facts.violations?.[0]?.message ?? '', /is not an address: use http:/)
  })
}

test('replicas must agree on digest and tensors, and there must be one', async (t) => {
  const { upstreams, inspect } = await open(t, 2)
  serve(upstreams[0])
  serve(upstreams[1])
  assert.deepEqual(await inspect(), { digest, tensors })
  serve(upstreams[1], { ...metadata, outputs: inputs })
  assert.match((await refused(inspect(), 'invalid_manifest')).message, /^r0 and r1 serve different/)
  serve(upstreams[1], { ...metadata, parameters: {} })
  await refused(inspect(), 'invalid_manifest')
  await refused(inspect([]), 'invalid_manifest')
})

const spec = { name: 'x', datatype: 'FP32', shape: [-1] }
const descriptions: readonly (readonly [string, unknown, ErrorCode])[] = [
  ['text for a description', 'nonsense', 'upstream_failed'],
  ['inputs that are no list', { inputs: {}, outputs }, 'upstream_failed'],
  ['outputs left out', { inputs }, 'upstream_failed'],
  ['a tensor that is null', { inputs: [null], outputs }, 'upstream_failed'],
  ['a tensor without a name', { inputs: [{ ...spec, name: '' }], outputs }, 'upstream_failed'],
  ['a tensor named __proto__', { inputs: [{ ...spec, name: '__proto__' }], outputs }, 'upstream_failed'],
  ['an unknown datatype', { inputs: [{ ...spec, datatype: 'FP31' }], outputs }, 'upstream_failed'],
  ['a shape of text', { inputs: [{ ...spec, shape: ['-1'] }], outputs }, 'upstream_failed'],
  ['no inputs at all', { inputs: [], outputs }, 'invalid_manifest'],
  ['no batch dimension', { inputs: [{ ...spec, shape: [] }], outputs }, 'invalid_manifest'],
  ['a fixed batch of four', { inputs, outputs: [{ ...spec, shape: [4, 2] }] }, 'invalid_manifest'],
]

for (const [what, described, code] of descriptions) {
  test(`${what} is ${code}`, async (t) => {
    const { upstreams, inspect } = await open(t)
    serve(upstreams[0], described)
    await refused(inspect(), code)
  })
}

for (const datatype of ['FP16', 'BF16']) {
  const half = { ...metadata, outputs: [{ name: 'y', datatype, shape: [-1] }] }

  test(`${datatype} is served where binary tensors are`, async (t) => {
    const { upstreams, inspect } = await open(t)
    serve(upstreams[0], half)
    upstreams[0]?.answer('/v2', 200, { extensions: ['binary_tensor_data'] })
    assert.deepEqual((await inspect()).tensors?.outputs, half.outputs)
  })

  for (const server of [{ extensions: ['other'] }, { extensions: 'binary_tensor_data' }, [], undefined]) {
    test(`${datatype} is refused at a server that says ${JSON.stringify(server)} of itself`, async (t) => {
      const { upstreams, inspect } = await open(t)
      serve(upstreams[0], half)
      if (server) upstreams[0]?.answer('/v2', 200, server)
      const { message } = await refused(inspect(), 'invalid_manifest')
      assert.match(
        message,
        new RegExp(`^tensor y is ${datatype}, which only binary tensors can carry, and r0 does not`),
      )
    })
  }
}

test("an abort ends it with the signal's reason", async (t) => {
  const { upstreams, inspect } = await open(t)
  const controller = new AbortController()
  const reason = new Error('enough')
  upstreams[0]?.hang(load)
  const inspecting = inspect(['r0'], controller.signal)
  await eventually(() => upstreams[0]?.running() === 1, 5000, 'upstream works')
  controller.abort(reason)
  await assert.rejects(inspecting, (thrown) => thrown === reason)
})
