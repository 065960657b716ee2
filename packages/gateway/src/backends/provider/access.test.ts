import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { createSecretSource } from '../secrets/secret-source.ts'
import { checkAccess, readSecrets, withKeyDefault } from './access.ts'
import { createProviderBackend } from './provider.ts'
import type { ProviderSettings } from './settings.ts'

const KEY = { env: 'KEY' }
const source = createSecretSource({ env: { KEY: 'text-of-the-key' } })
const groq: ProviderSettings = { provider: 'groq', model: 'llama' }
const bedrock: ProviderSettings = { provider: 'bedrock', model: 'nova' }
const vertex: ProviderSettings = { provider: 'vertex', model: 'gemini' }
const signing = { accessKeyId: KEY, secretAccessKey: KEY, region: 'eu-central-1' }
const place = { project: 'shop', location: 'global' }

describe('the key that is taken where none is named', () => {
  const cases: readonly [string, ProviderSettings, ProviderSettings['apiKey']][] = [
    ["the vendor's own at the vendor's own address", groq, { env: 'GROQ_API_KEY' }],
    ['the named one', { ...groq, apiKey: KEY }, KEY],
    ['none at another address', { ...groq, baseUrl: 'https://proxy.example' }, undefined],
    ['none where requests are signed', { ...bedrock, ...signing }, undefined],
    ['a bearer token for Bedrock', { ...bedrock, region: 'eu-central-1' }, { env: 'AWS_BEARER_TOKEN_BEDROCK' }],
    ["none where Google's credentials are used", { ...vertex, ...place }, undefined],
    ['an express key for Vertex', vertex, { env: 'GOOGLE_VERTEX_API_KEY' }],
  ]
  for (const [title, settings, key] of cases) {
    test(title, () => assert.deepEqual(withKeyDefault(settings).apiKey, key))
  }
})

describe('a plan accepts', () => {
  const cases: readonly [string, ProviderSettings][] = [
    ['a key', { ...groq, apiKey: KEY }],
    ['a key at another address', { ...groq, apiKey: KEY, baseUrl: 'https://proxy.example' }],
    ['a bearer token for Bedrock', { ...bedrock, apiKey: KEY, region: 'eu-central-1' }],
    ['signing for Bedrock', { ...bedrock, ...signing }],
    ['temporary credentials for Bedrock', { ...bedrock, ...signing, sessionToken: KEY }],
    ["the machine's Google credentials", { ...vertex, ...place }],
  ]
  for (const [title, settings] of cases) test(title, () => checkAccess(settings, source))
})

describe('a plan refuses', () => {
  const cases: readonly [string, ProviderSettings, string, RegExp][] = [
    [
      'no key at another address',
      { ...groq, baseUrl: 'https://proxy.example' },
      '',
      /^Groq signs in with apiKey, and nothing else$/,
    ],
    ['a key that is not there', { ...groq, apiKey: { env: 'NOWHERE' } }, 'apiKey', /NOWHERE is not set/],
    ['a region for Groq', { ...groq, apiKey: KEY, region: 'eu' }, '', /^Groq signs in with apiKey, and nothing else$/],
    [
      'Bedrock without a region',
      { ...bedrock, apiKey: KEY },
      '',
      /apiKey and region, or accessKeyId and secretAccessKey and region and perhaps sessionToken/,
    ],
    ['Vertex without a location', { ...vertex, project: 'shop' }, '', /apiKey, or project and location/],
    [
      "the machine's Google credentials at another address",
      { ...vertex, ...place, baseUrl: 'https://proxy.example' },
      'baseUrl',
      /to no other address/,
    ],
  ]
  for (const [title, settings, path, message] of cases) {
    test(title, () =>
      assert.rejects(checkAccess(settings, source), (thrown) => {
        assert.ok(thrown instanceof AstraError && thrown.code === 'invalid_manifest')
        assert.equal(thrown.facts.violations?.[0]?.path, path)
        assert.match(thrown.facts.violations?.[0]?.message ?? '', message)
        return true
      }),
    )
  }
})

test('secrets are read by field, and only those that are named', async () => {
  const { apiKey, ...others } = await readSecrets({ ...groq, apiKey: KEY }, source)
  assert.deepEqual([apiKey?.reveal(), others], ['text-of-the-key', {}])
  assert.deepEqual(await readSecrets({ ...vertex, ...place }, source), {})
  await assert.rejects(readSecrets({ ...groq, apiKey: { env: 'NOWHERE' } }, source), { code: 'upstream_unavailable' })
})

describe('what a version is', () => {
  const backend = createProviderBackend({ bodyBytesMax: 1, secrets: source })
  const inspect = (model: string) =>
    backend.inspect({ settings: { ...groq, model, apiKey: KEY }, replicas: [] }, new AbortController().signal)

  test('a dated model is immutable, an alias is not', async () => {
    assert.match((await inspect('kimi-k2-instruct-2025-09-05')).digest ?? '', /^sha256:[0-9a-f]{64}$/)
    assert.notEqual((await inspect('a-2025-09-05')).digest, (await inspect('b-2025-09-05')).digest)
    assert.equal((await inspect('llama-latest')).digest, undefined)
  })

  test('its key and its address are no part of what answers', () => {
    assert.deepEqual(backend.sealed?.({ ...groq, apiKey: KEY, baseUrl: 'https://proxy.example' }), groq)
    assert.equal(backend.upstreamModel?.({ ...groq }), 'groq/llama')
  })
})
