import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeGateway } from '../test/fake-gateway.ts'
import { createClient } from '../test/types/generated/astra-models.ts'
import { callId, head, json, problem, spamAnswer } from '../test/wire.ts'
import { createAstra } from './create-astra.ts'
import { AstraError, InputError } from './errors.ts'

test('predict sends one input and resolves with the typed answer', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  const astra = createClient({ url: gateway.url, key: 'astra_key', headers: { 'x-app': 'mail' } })
  const { id, version, output } = await astra.models.spam.v1.predict(
    { text: 'You have won' },
    { unit: 'user-1', tags: { team: 'mail', tier: 'gold' }, cache: 'no-store', timeoutMs: 2000 },
  )
  assert.deepEqual(
    { id, version, label: output.label, score: output.score.toFixed(2) },
    {
      id: callId,
      version: '1.1',
      label: 'spam',
      score: '0.98',
    },
  )
  const [request] = gateway.requests
  assert.equal(request?.method, 'POST')
  assert.equal(request.path, '/models/spam/v1/predict')
  assert.deepEqual(request.body, { input: { text: 'You have won' } })
  const { authorization, accept, 'content-type': type, 'x-app': app, 'cache-control': cache } = request.headers
  assert.deepEqual(
    { authorization, accept, type, app, cache },
    {
      authorization: 'Bearer astra_key',
      accept: 'application/json',
      type: 'application/json',
      app: 'mail',
      cache: 'no-store',
    },
  )
  assert.equal(request.headers['astra-unit'], 'user-1')
  assert.equal(request.headers['astra-tags'], 'team=mail,tier=gold')
})

test('a batch gives an output or an error for each input', async (t) => {
  const error = { code: 'invalid_input', title: 'T', detail: 'D', next: 'N', errors: [{ path: '/text', message: 'm' }] }
  const results = [{ output: { label: 'ham', score: 0.9 } }, { error }]
  const gateway = await startFakeGateway(t, json(200, { ...head, results, cached: false, usage: { items: 2 } }))
  const astra = createClient({ url: gateway.url, key: 'k' })
  const batch = await astra.models.spam.v1.batch([{ text: 'a' }, { text: '' }])
  assert.deepEqual(gateway.requests[0]?.body, { inputs: [{ text: 'a' }, { text: '' }] })
  const [first, second] = batch.results
  assert.equal(first?.output?.label, 'ham')
  assert.ok(second?.error instanceof InputError)
  assert.equal(second.error.callId, callId)
  assert.deepEqual(second.error.violations, [{ path: '/text', message: 'm' }])
  assert.equal(second.output, undefined)
})

test('a batch whose results do not match its inputs is no answer', async (t) => {
  const body = { ...head, results: [{ output: 1 }, { neither: 1 }], cached: false, usage: { items: 2 } }
  const gateway = await startFakeGateway(t, json(200, body))
  const endpoint = createAstra({ url: gateway.url, key: 'k' }).model('spam', 'v1')
  await assert.rejects(endpoint.batch([1, 2]), { code: 'invalid_answer' })
  await assert.rejects(endpoint.batch([1]), { code: 'invalid_answer' })
})

test('models go by their camel-cased and by their real names', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  const astra = createClient({ url: `${gateway.url}/behind/a/path/`, key: 'k' })
  const input = { messages: [] }
  await astra.models.supportChat.v1.predict(input)
  await astra.models['support-chat'].v1.predict(input)
  await astra.models['llama-3'].v1.predict({ 'a-b': true })
  await astra.model('support-chat', 'v1').predict(input)
  assert.deepEqual(
    gateway.requests.map(({ path }) => path),
    ['support-chat', 'support-chat', 'llama-3', 'support-chat'].map(
      (name) => `/behind/a/path/models/${name}/v1/predict`,
    ),
  )
})

test('without generated types the same calls work', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  const answer = await astra.models.spam?.v1?.predict({ text: 'a' })
  assert.deepEqual(answer, spamAnswer)
  assert.deepEqual(await astra.model('spam', 'v12').predict(null), spamAnswer)
  assert.equal(gateway.requests[1]?.path, '/models/spam/v12/predict')
  assert.deepEqual(gateway.requests[1]?.body, { input: null })
})

test('models can be awaited and printed without being called', async () => {
  const { models } = createAstra({ url: 'http://127.0.0.1:1', key: 'k' })
  const awaited: unknown = await (models as unknown)
  assert.equal(typeof awaited, 'object')
  assert.equal(typeof (await (models.spam as unknown)), 'object')
  assert.equal(`${Object.prototype.toString.call(models)}`, '[object Object]')
  assert.equal(models.spam?.[`predict` as 'v1'], undefined)
})

test('a name cannot lead to another path', async (t) => {
  const gateway = await startFakeGateway(t, problem('unknown_model', 404))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  await assert.rejects(astra.model('../../api/v1/keys?', 'v1').predict(1), { code: 'unknown_model' })
  assert.equal(gateway.requests[0]?.path, '/models/..%2F..%2Fapi%2Fv1%2Fkeys%3F/v1/predict')
})

test('feedback goes to the platform', async (t) => {
  const gateway = await startFakeGateway(t, json(200, { call: callId }))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  assert.deepEqual(await astra.feedback({ reference: 'mail-1', metric: 'correct', value: true }), { call: callId })
  const { method, path, body } = gateway.requests[0] ?? {}
  assert.deepEqual(
    { method, path, body },
    {
      method: 'POST',
      path: '/api/v1/feedback',
      body: { reference: 'mail-1', metric: 'correct', value: true },
    },
  )
})

test('what JSON cannot hold is refused before anything is sent', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  const endpoint = createAstra({ url: gateway.url, key: 'k' }).model('spam', 'v1')
  await assert.rejects(endpoint.predict(1n), { name: 'InputError', code: 'invalid_body' })
  await assert.rejects(endpoint.predict(1, { unit: '' }), { name: 'InputError', code: 'invalid_option' })
  await assert.rejects(endpoint.predict(1, { timeoutMs: 0 }), { code: 'invalid_option', detail: /^timeoutMs / })
  assert.throws(() => endpoint.stream(1, { timeoutMs: Number.NaN }), { code: 'invalid_option' })
  assert.equal(gateway.requests.length, 0)
})

const refused: readonly (readonly [what: string, options: object, detail: RegExp])[] = [
  ['a url without a scheme', { url: 'astra.example.com' }, /^url must be an address/],
  ['a url of another scheme', { url: 'file:///etc/passwd' }, /^url /],
  ['a url that is none', { url: 'http://a b' }, /^url /],
  ['an empty key', { key: ' ' }, /^key /],
  ['a key over two lines', { key: 'secret\nsecret' }, /^key /],
  ['a negative number of retries', { retries: -1 }, /^retries /],
  ['a time limit past an hour', { timeoutMs: 3_600_001 }, /^timeoutMs /],
]

for (const [what, option, detail] of refused) {
  test(`refused at once: ${what}`, () => {
    assert.throws(
      () => createAstra({ url: 'http://127.0.0.1:1', key: 'secret', ...option }),
      (error) => {
        assert.ok(error instanceof AstraError)
        assert.equal(error.code, 'invalid_option')
        assert.match(error.detail, detail)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  })
}

test('a key read from a file may end with a line break', async (t) => {
  const gateway = await startFakeGateway(t, json(200, spamAnswer))
  await createAstra({ url: gateway.url, key: 'astra_key\n' }).model('spam', 'v1').predict(1)
  assert.equal(gateway.requests[0]?.headers.authorization, 'Bearer astra_key')
})
