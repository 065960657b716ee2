import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { TensorSpec } from '../../kernel/tensors.ts'
import { eventually } from '../testing/eventually.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { createOipBackend } from './oip.ts'
import { type FaultName, openFakeUpstream, privateWords } from './testing/fake-upstream.ts'

const text: TensorSpec = { name: 'text', datatype: 'BYTES', shape: [-1] }
const vector: TensorSpec = { name: 'vector', datatype: 'FP32', shape: [-1, -1] }

const context: AttemptContext = {
  signal: new AbortController().signal,
  callId: 'call',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: undefined,
}

/** A backend before a fake upstream whose model gives back the tensors of `specs`. */
async function open(t: TestContext, specs: readonly TensorSpec[], { socketPath = '', suffix = '' } = {}) {
  const upstream = await openFakeUpstream(socketPath || undefined)
  const addresses = { embedded: upstream.address + suffix }
  const backend = createOipBackend({ addresses, bodyBytesMax: 1 << 20 })
  t.after(async () => {
    await backend.close()
    await upstream.close()
  })
  const settings = backend.withDefaults({}, 'my model', '1.0')
  const version = fixtureVersion('oip', settings, ['embedded'], { inputs: specs, outputs: specs })
  return {
    upstream,
    backend,
    rowsSent: () => upstream.requests.map(({ body }) => JSON.parse(body).inputs[0].shape[0]),
    predict: (inputs: readonly unknown[], own: Partial<AttemptContext> = {}) =>
      backend.predict(version, 'embedded', inputs, { ...context, ...own }),
  }
}

const texts = (...values: readonly string[]) => values.map((value) => ({ text: value }))

test('model and version are named in the path, and an absent tracestate is not sent', async (t) => {
  const { predict, upstream } = await open(t, [text], { suffix: '/base/' })
  const { items, queueMs, waiting } = await predict(texts('a'))
  assert.deepEqual(items, [{ output: { text: 'a' } }])
  assert.deepEqual([queueMs, waiting], [1.5, 3])
  const [request] = upstream.requests
  assert.equal(request?.method, 'POST')
  assert.equal(request?.path, '/base/v2/models/my%20model/versions/1.0/infer')
  assert.equal(request?.headers.tracestate, undefined)
  assert.equal(request?.headers['content-type'], 'application/json')
  assert.equal(request?.headers['endpoint-load-metrics-format'], 'text')
  assert.equal(request?.headers['accept-encoding'], undefined)
  assert.deepEqual(JSON.parse(request?.body ?? ''), {
    inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['a'] }],
  })
})

test('over a unix socket', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'oip-'))
  t.after(() => rm(folder, { recursive: true }))
  const { predict } = await open(t, [text], { socketPath: join(folder, 'fake.sock') })
  assert.deepEqual((await predict(texts('a', 'b'))).items, [{ output: { text: 'a' } }, { output: { text: 'b' } }])
})

test('connections are kept: two, by turns, serve calls that follow one another', async (t) => {
  const { predict, upstream } = await open(t, [text])
  for (let i = 0; i < 10; i++) await predict(texts('a'))
  assert.ok(new Set(upstream.requests.map(({ port }) => port)).size <= 2)
})

test('one request for all items of one shape, one more for each other shape, answers in order', async (t) => {
  const { predict, rowsSent } = await open(t, [vector])
  const inputs = [1, 3, 1, 2, 3, 1].map((length) => ({ vector: Array(length).fill(length) }))
  const { items } = await predict(inputs)
  assert.deepEqual(
    items,
    inputs.map((output) => ({ output })),
  )
  assert.deepEqual(rowsSent().sort(), [1, 2, 3])
})

test('one row at a time where the first dimension is fixed', async (t) => {
  const { predict, rowsSent } = await open(t, [{ ...text, shape: [1] }])
  const { items } = await predict(texts('a', 'b', 'c', 'd', 'e', 'f'))
  assert.deepEqual(
    items,
    texts('a', 'b', 'c', 'd', 'e', 'f').map((output) => ({ output })),
  )
  assert.deepEqual(rowsSent(), [1, 1, 1, 1, 1, 1])
})

test('an item that does not fit is not sent, and says where; the others are', async (t) => {
  const { predict, rowsSent } = await open(t, [text, vector])
  const good = { text: 'a', vector: [1] }
  const { items } = await predict([good, { text: 'a' }, { text: 5, vector: [1, 'x'] }, good])
  assert.deepEqual(
    items.map((item) => ('error' in item ? item.error.facts.violations?.map(({ path }) => path) : 'answered')),
    ['answered', ['/vector'], ['/text', '/vector/1'], 'answered'],
  )
  const [, misfit] = items
  assert.ok(misfit && 'error' in misfit)
  assert.equal(misfit.error.code, 'invalid_input')
  assert.equal(misfit.error.message, "The input does not fit the model's tensors: /vector is missing")
  assert.deepEqual(rowsSent(), [2])
})

test('nothing is sent when no item fits', async (t) => {
  const { predict, upstream } = await open(t, [text])
  assert.deepEqual(
    (await predict([{}, {}])).items.map((item) => 'error' in item && item.error.code),
    ['invalid_input', 'invalid_input'],
  )
  assert.equal(upstream.requests.length, 0)
})

const singles: Readonly<Record<FaultName, ErrorCode | 'none'>> = {
  refused: 'invalid_input',
  failed: 'upstream_failed',
  unavailable: 'upstream_unavailable',
  busy: 'upstream_unavailable',
  missing: 'upstream_unavailable',
  reset: 'upstream_failed',
  closed: 'upstream_failed',
  nonsense: 'upstream_failed',
  cut: 'upstream_failed',
  garbage: 'upstream_failed',
  lessRows: 'upstream_failed',
  huge: 'upstream_failed',
  hang: 'none',
}

for (const [fault, code] of Object.entries(singles)) {
  if (code === 'none') continue
  test(`${fault} is ${code}, and the next call is well`, async (t) => {
    const { predict } = await open(t, [text])
    const error = await failureOf(predict(texts(`!${fault}`)))
    assert.equal(error.code, code)
    assert.ok(error.facts.reason)
    assert.doesNotMatch(error.message, new RegExp(`${privateWords}|html|UND_ERR|ECONN`))
    assert.equal(error.facts.retryAfterMs, fault === 'busy' ? 2000 : undefined)
    assert.equal(error.facts.unanswered, fault === 'reset' || fault === 'closed' ? true : undefined)
    assert.deepEqual((await predict(texts('a'))).items, [{ output: { text: 'a' } }])
  })
}

/** What a call of one input failed with: thrown, or its item's own. */
async function failureOf(call: ReturnType<Awaited<ReturnType<typeof open>>['predict']>): Promise<AstraError> {
  const [item] = await call.then(
    ({ items }) => items,
    (error: AstraError) => [{ error }],
  )
  assert.ok(item && 'error' in item && item.error instanceof AstraError)
  return item.error
}

for (const [fault, code] of [
  ['refused', 'invalid_input'],
  ['failed', 'upstream_failed'],
] as const) {
  test(`a batch that is ${fault} goes again item by item: one bad item harms nobody`, async (t) => {
    const { predict, rowsSent } = await open(t, [text])
    const { items } = await predict(texts('a', `!${fault}`, 'c'))
    assert.deepEqual(
      items.map((item) => ('error' in item ? item.error.code : item.output)),
      [{ text: 'a' }, code, { text: 'c' }],
    )
    assert.deepEqual(rowsSent(), [3, 1, 1, 1])
  })
}

for (const fault of ['unavailable', 'busy', 'missing', 'reset', 'garbage'] as const) {
  test(`a batch that meets "${fault}" is not sent again`, async (t) => {
    const { predict, rowsSent } = await open(t, [text])
    await assert.rejects(predict(texts('a', `!${fault}`)), { code: singles[fault] })
    assert.deepEqual(rowsSent(), [2])
  })
}

test('a shape whose request fails spares the other shapes', async (t) => {
  const { predict } = await open(t, [text, vector])
  const { items } = await predict([
    { text: '!reset', vector: [1] },
    { text: 'b', vector: [1, 2] },
  ])
  assert.deepEqual(
    items.map((item) => ('error' in item ? item.error.code : item.output)),
    ['upstream_failed', { text: 'b', vector: [1, 2] }],
  )
})

test('an abort while items go again ends the call with its reason', async (t) => {
  const { predict, upstream } = await open(t, [text])
  const controller = new AbortController()
  const reason = new AstraError('timeout')
  const call = predict(texts('!failed', '!hang'), { signal: controller.signal })
  await eventually(() => upstream.requests.length === 3 && upstream.running() === 1, 5000, 'the single items are sent')
  controller.abort(reason)
  await assert.rejects(call, (thrown) => thrown === reason)
  await eventually(() => upstream.running() === 0, 100, 'upstream stops')
})

test('an abort takes its listener off the signal that outlives the call, and so does an answer', async (t) => {
  const { predict } = await open(t, [text])
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  await predict(texts('a'), { signal })
  await failureOf(predict(texts('!reset'), { signal }))
  assert.equal(listeners, 0)
})

test('close() ends what is in flight', async (t) => {
  const { predict, backend, upstream } = await open(t, [text])
  const call = assert.rejects(predict(texts('!hang')), { code: 'upstream_failed' })
  await eventually(() => upstream.running() === 1, 5000, 'upstream works')
  await backend.close()
  await call
  await assert.rejects(predict(texts('a')), { code: 'upstream_unavailable' })
})

test('a version without a signature is a fault of ours', async (t) => {
  const { backend } = await open(t, [text])
  const version = fixtureVersion('oip', { model: 'm', version: '1' }, ['embedded'])
  await assert.rejects(backend.predict(version, 'embedded', [{}], context), { code: 'internal' })
})
