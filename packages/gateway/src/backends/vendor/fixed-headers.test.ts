import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecretSource } from '../secrets/secret-source.ts'
import { fixedHeaders, isOwn } from './fixed-headers.ts'
import type { VendorProtocol, VendorSettings } from './vendor-protocol.ts'

const protocol = {
  address: 'https://vendor.example/v1',
  keyEnv: 'KEY',
  headers: () => ({ version: '1' }),
  authorise: (key: string) => ['authorization', `Bearer ${key}`] as const,
} as unknown as VendorProtocol<VendorSettings>

const settings: VendorSettings = {
  model: 'm',
  vendor: 'v',
  apiKey: { env: 'KEY' },
  headers: { 'X-Other': { env: 'OTHER' } },
}
const expected = (key: string, other: string) => ({
  version: '1',
  authorization: `Bearer ${key}`,
  'x-other': other,
  'content-type': 'application/json',
})

function paired(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.flatMap((name, at) => (at % 2 === 0 ? [[name, lines[at + 1] ?? '']] : [])))
}

test('headers are written once, and anew when a secret has changed', async () => {
  const env: Record<string, string> = { KEY: 'first-key', OTHER: 'other-key' }
  const headers = fixedHeaders(protocol, settings, 'http://elsewhere', createSecretSource({ env }))
  const written = await headers()
  assert.deepEqual(paired(written.lines), expected('first-key', 'other-key'))
  assert.deepEqual(
    written.secrets.map((secret) => secret.reveal()),
    ['first-key', 'other-key'],
  )
  assert.equal(headers(), written)
  env.KEY = 'second-key'
  assert.deepEqual(paired((await headers()).lines), expected('second-key', 'other-key'))
})

test('another address than the own one gets no key unless it is named', async () => {
  const source = createSecretSource({ env: { KEY: 'first-key' } })
  const bare: VendorSettings = { model: 'm', vendor: 'v' }
  assert.equal(
    paired((await fixedHeaders(protocol, bare, 'http://elsewhere', source)()).lines).authorization,
    undefined,
  )
  const own = await fixedHeaders(protocol, bare, 'https://vendor.example/v1/', source)()
  assert.equal(paired(own.lines).authorization, 'Bearer first-key')
})

test('slashes at its end make no other address', () => {
  assert.ok(isOwn(protocol, 'https://vendor.example/v1//'))
  assert.ok(!isOwn(protocol, 'https://vendor.example/v12'))
  assert.ok(!isOwn(protocol, 'https://vendor.example'))
})

test('of several secrets that are not there, none is a rejection that nobody hears', async () => {
  const missing = { ...settings, apiKey: { file: '/nowhere/at/all' } }
  const headers = fixedHeaders(protocol, missing, 'http://elsewhere', createSecretSource({ env: {} }))
  const unheard: unknown[] = []
  const hear = (reason: unknown) => unheard.push(reason)
  process.on('unhandledRejection', hear)
  try {
    await assert.rejects(async () => headers(), { code: 'upstream_unavailable' })
    // The file is looked for a while longer.
    await assert.rejects(async () => createSecretSource().read({ file: '/nowhere/at/all' }))
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', hear)
  }
  assert.deepEqual(unheard, [])
})
