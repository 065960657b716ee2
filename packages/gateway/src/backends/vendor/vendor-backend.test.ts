import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Backend } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import { explain } from '../../kernel/schema/explain.ts'
import type { Dialect } from '../../kernel/wire.ts'
import { createAnthropicBackend } from '../anthropic/anthropic.ts'
import { createOpenaiBackend } from '../openai/openai.ts'
import { createSecretSource } from '../secrets/secret-source.ts'
import { context, outputs } from '../testing/asking.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { chatInput, fakeKey, openVendorBed } from './testing/vendor-harness.ts'

const never = new AbortController().signal
const openaiAddress = 'https://api.openai.com/v1'
const env = { OPENAI_API_KEY: fakeKey, ANTHROPIC_API_KEY: fakeKey, OTHER: 'other-0123456789' }
const secrets = createSecretSource({ env })
const openai = createOpenaiBackend({ bodyBytesMax: 1 << 20, secrets })
const anthropic = createAnthropicBackend({ bodyBytesMax: 1 << 20, secrets })

function full(backend: Backend, settings: Readonly<Record<string, unknown>>) {
  return backend.withDefaults(settings, 'sample', '1.0')
}

function inspect(backend: Backend, settings: Readonly<Record<string, unknown>>, replicas?: readonly string[]) {
  const spelt = full(backend, settings)
  return backend.inspect({ settings: spelt, replicas: replicas ?? backend.addresses(spelt) ?? [] }, never)
}

test('goes to the vendor itself unless replicas are named, and must name them for Azure', () => {
  assert.deepEqual(openai.addresses(full(openai, { model: 'm' })), [openaiAddress])
  assert.deepEqual(openai.addresses(full(openai, { model: 'm', azure: {} })), [])
  assert.deepEqual(anthropic.addresses(full(anthropic, { model: 'm' })), ['https://api.anthropic.com/v1'])
})

test('only what changes answers is sealed', () => {
  const settings = full(openai, {
    model: 'm',
    apiKey: { env: 'OTHER' },
    organization: 'org',
    project: 'p',
    vendor: 'groq',
    headers: { 'x-a': 'b' },
    azure: { apiVersion: '2024-10-21' },
    responses: false,
  })
  assert.deepEqual(openai.sealed?.(settings), {
    model: 'm',
    api: 'chat',
    responses: false,
    azure: { apiVersion: '2024-10-21' },
  })
})

test('is named by its vendor and its model', () => {
  assert.equal(openai.upstreamModel?.(full(openai, { model: 'gpt-4o' })), 'openai/gpt-4o')
  assert.equal(openai.upstreamModel?.(full(openai, { model: 'llama', vendor: 'groq' })), 'groq/llama')
  assert.equal(anthropic.upstreamModel?.(full(anthropic, { model: 'claude' })), 'anthropic/claude')
})

const names: readonly (readonly [Backend, Readonly<Record<string, unknown>>, immutable: boolean])[] = [
  [openai, { model: 'gpt-4o-2024-08-06' }, true],
  [anthropic, { model: 'claude-sonnet-4-20250514' }, true],
  [openai, { model: 'gpt-4o' }, false],
  [openai, { model: 'gpt-4o-20249999' }, false],
  [anthropic, { model: 'claude-sonnet-4-0' }, false],
  // The name of a deployment is whoever's who made it.
  [openai, { model: 'gpt-4o-2024-08-06', azure: {}, apiKey: { env: 'OTHER' } }, false],
]
for (const [backend, settings, immutable] of names) {
  test(`${JSON.stringify(settings)} is ${immutable ? 'immutable' : 'floating'}`, async () => {
    const { digest } = await inspect(backend, settings)
    assert.equal(digest !== undefined, immutable)
    assert.match(digest ?? 'sha256:', /^sha256:/)
    if (immutable) assert.notEqual(digest, (await inspect(backend, { ...settings, vendor: 'other' })).digest)
  })
}

const misfits: readonly (readonly [
  what: string,
  settings: Readonly<Record<string, unknown>>,
  path: string,
  words: RegExp,
])[] = [
  [
    'a variable that is not set',
    { apiKey: { env: 'NOT_SET' } },
    'apiKey',
    /The environment variable NOT_SET is not set/,
  ],
  ['a file that is not there', { apiKey: { file: '/nowhere/key' } }, 'apiKey', /\/nowhere\/key cannot be read/],
  ['a header whose secret is missing', { headers: { 'x-team': { env: 'NOT_SET' } } }, 'headers', /NOT_SET is not set/],
  ['a secret among the headers', { headers: { Authorization: 'Bearer abc' } }, 'headers', /looks like a secret/],
  ['a header of HTTP itself', { headers: { 'Content-Length': '1' } }, 'headers', /is set by the gateway/],
  ['what is no header', { headers: { 'a b': '1' } }, 'headers', /is no name of a header/],
  ['responses at an old Azure', { azure: { apiVersion: '2024-10-21' }, api: 'responses' }, 'azure', /only without/],
]
for (const [what, settings, path, words] of misfits) {
  test(`${what} is told in the plan`, async () => {
    await assert.rejects(inspect(openai, { model: 'm', ...settings }), (thrown) => {
      assert.ok(thrown instanceof AstraError)
      assert.equal(thrown.code, 'invalid_manifest')
      assert.equal(thrown.facts.violations?.[0]?.path, path)
      assert.match(thrown.facts.reason ?? '', words)
      assert.doesNotMatch(JSON.stringify(thrown.facts), /abc/)
      return true
    })
  })
}

test("the vendor's own key is asked for at its own address only", async () => {
  const bare = createOpenaiBackend({ bodyBytesMax: 1, secrets: createSecretSource({ env: {} }) })
  await assert.rejects(inspect(bare, { model: 'm' }), {
    message: "The environment variable OPENAI_API_KEY is not set in the gateway's environment",
  })
  await inspect(bare, { model: 'm' }, ['http://127.0.0.1:8000/v1'])
  await assert.rejects(inspect(bare, { model: 'm' }, ['nonsense']), { code: 'invalid_manifest' })
})

test('every setting has its form', () => {
  const faulty = {
    model: 'a b',
    vendor: 'A/B',
    api: 'x',
    organization: 'a\nb',
    azure: { apiVersion: '?' },
    streamUsage: 1,
  }
  const paths = explain(openai.settings, { ...faulty, apiKey: 'sk-1', headers: { a: 1 } }, '').map(({ path }) => path)
  const expected = [
    ...Object.keys(faulty).filter((name) => name !== 'azure'),
    'azure/apiVersion',
    'apiKey',
    'headers/a',
  ]
  assert.deepEqual(paths.sort(), expected.map((name) => `/${name}`).sort())
})

const relays: readonly (readonly [Backend, Dialect, Readonly<Record<string, unknown>>, string, boolean])[] = [
  [openai, 'openai-chat', {}, openaiAddress, true],
  [openai, 'openai-chat', { api: 'responses' }, openaiAddress, false],
  [openai, 'openai-responses', {}, openaiAddress, true],
  [openai, 'openai-responses', {}, `${openaiAddress}/`, true],
  [openai, 'openai-responses', {}, 'http://vllm:8000/v1', false],
  [openai, 'openai-responses', { responses: true }, 'http://vllm:8000/v1', true],
  [openai, 'openai-responses', { responses: false }, openaiAddress, false],
  [openai, 'openai-responses', { api: 'responses' }, 'http://vllm:8000/v1', true],
  [openai, 'openai-embeddings', {}, 'http://vllm:8000/v1', true],
  [openai, 'anthropic-messages', {}, openaiAddress, false],
  [anthropic, 'anthropic-messages', {}, 'http://other:1/v1', true],
  [anthropic, 'anthropic-count-tokens', {}, 'http://other:1/v1', true],
  [anthropic, 'openai-chat', {}, 'http://other:1/v1', false],
]
for (const [backend, dialect, settings, replica, speaks] of relays) {
  const how = speaks ? 'passes through' : 'does not pass through'
  test(`${dialect} ${how} ${backend.name} ${JSON.stringify(settings)} at ${replica}`, () => {
    const version = fixtureVersion(backend.name, full(backend, { model: 'm', ...settings }), [replica])
    assert.equal(backend.relay?.speaks(version, dialect), speaks)
  })
}

const headers: readonly (readonly [
  'openai' | 'anthropic',
  Readonly<Record<string, unknown>>,
  Record<string, unknown>,
  path?: string,
])[] = [
  ['openai', {}, { authorization: `Bearer ${fakeKey}`, 'api-key': undefined }],
  ['openai', { apiKey: undefined }, { authorization: undefined, 'api-key': undefined }],
  ['openai', { organization: 'o', project: 'p' }, { 'openai-organization': 'o', 'openai-project': 'p' }],
  ['openai', { headers: { 'X-Team': 'a', 'X-Own': { env: 'FAKE_KEY' } } }, { 'x-team': 'a', 'x-own': fakeKey }],
  ['openai', { headers: { Authorization: { env: 'FAKE_KEY' } } }, { authorization: fakeKey }],
  ['openai', { azure: {} }, { authorization: undefined, 'api-key': fakeKey }, '/v1/chat/completions'],
  [
    'openai',
    { azure: { apiVersion: '2024-10-21' } },
    { 'api-key': fakeKey },
    '/v1/openai/deployments/fake-1/chat/completions?api-version=2024-10-21',
  ],
  [
    'anthropic',
    {},
    { 'x-api-key': fakeKey, 'anthropic-version': '2023-06-01', authorization: undefined },
    '/v1/messages',
  ],
]
for (const [protocol, settings, expected, path] of headers) {
  test(`${protocol} ${JSON.stringify(settings)} is asked with its headers at its path`, async (t) => {
    const { fake, backend, version, close } = await openVendorBed(protocol)
    t.after(close)
    await backend.predict(version(settings), fake.url, [chatInput('hello')], context)
    const [seen] = fake.requests
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, seen?.headers[name]])), expected)
    if (path) assert.equal(seen?.path, path)
  })
}

test('a secret that went missing is upstream_unavailable, and nothing is sent', async (t) => {
  const { fake, backend, version, close } = await openVendorBed('openai')
  t.after(close)
  const served = version({ apiKey: { env: 'GONE' } })
  await assert.rejects(backend.predict(served, fake.url, [chatInput('a')], context), { code: 'upstream_unavailable' })
  assert.equal(fake.requests.length, 0)
})

test('a key that upstream quotes is in no error, cut off or not', async (t) => {
  const { fake, backend, version, close } = await openVendorBed('openai')
  t.after(close)
  for (const before of [0, 980, 985, 990]) {
    for (const status of [400, 401, 500]) {
      const message = `${'x'.repeat(before)}${fakeKey} is wrong`
      fake.script({ status, body: JSON.stringify({ error: { message } }) })
      const asked = outputs({ backend, version: version(), replica: fake.url, privateWords: '' }, [chatInput('a')])
      await assert.rejects(asked, (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.doesNotMatch(JSON.stringify([thrown.facts, thrown.message, thrown.stack]), /sk-fake-0/)
        return true
      })
    }
  }
})
