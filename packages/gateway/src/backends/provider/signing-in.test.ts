import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSecretSource } from '../secrets/secret-source.ts'
import { outputs } from '../testing/asking.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { createProviderBackend } from './provider.ts'
import type { ProviderName } from './providers.ts'
import { openProvider } from './testing/provider-harness.ts'

const env: Record<string, string> = {
  ID: 'AKIDEXAMPLE',
  SECRET: 'signing-secret',
  SESSION: 'session-token',
  FIRST: 'first-key',
}

/** The headers that the vendor sees of one call after another. */
async function seen(provider: ProviderName, settings: object, between = () => {}) {
  const harness = await openProvider(provider)
  const backend = createProviderBackend({ bodyBytesMax: 1 << 20, secrets: createSecretSource({ env }) })
  const { apiKey: _, ...rest } = harness.version.state.settings
  const version = fixtureVersion('provider', { ...rest, ...settings })
  try {
    await outputs({ ...harness, backend, version }, [harness.input(1)])
    between()
    await outputs({ ...harness, backend, version }, [harness.input(2)])
    return harness.upstream.requests.map(({ headers }) => headers)
  } finally {
    await backend.close()
    await harness.backend.close()
    await harness.close()
  }
}

test('Bedrock: requests are signed with the credentials named, and no key is looked for', async () => {
  process.env.AWS_BEARER_TOKEN_BEDROCK = 'a key of somebody else'
  try {
    const [headers = {}] = await seen('bedrock', {
      accessKeyId: { env: 'ID' },
      secretAccessKey: { env: 'SECRET' },
      sessionToken: { env: 'SESSION' },
    })
    assert.match(
      String(headers.authorization),
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\//,
    )
    assert.equal(headers['x-amz-security-token'], 'session-token')
    assert.ok(!JSON.stringify(headers).includes('signing-secret'))
  } finally {
    delete process.env.AWS_BEARER_TOKEN_BEDROCK
  }
})

test("Vertex: the machine's credentials get one token for many calls", async () => {
  let tokens = 0
  const server = createServer((_, response) => {
    tokens++
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: `token-${tokens}`, expires_in: 3600, token_type: 'Bearer' }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  await withIdentity(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, async () => {
    const headers = await seen('vertex', { project: 'shop', location: 'global' })
    assert.deepEqual(
      headers.map(({ authorization }) => authorization),
      ['Bearer token-1', 'Bearer token-1'],
    )
  })
  server.closeAllConnections()
  server.close()
})

test('Vertex: where no token can be had, surely nothing ran', () =>
  withIdentity('http://127.0.0.1:9/token', async () => {
    await assert.rejects(seen('vertex', { project: 'shop', location: 'global' }), {
      code: 'upstream_unavailable',
    })
  }))

/** The machine is somebody to Google, as a file says. */
async function withIdentity(tokenUrl: string, run: () => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'provider-'))
  const identity = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/own',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: tokenUrl,
    credential_source: { file: join(folder, 'subject') },
  }
  await writeFile(identity.credential_source.file, 'subject')
  process.env.GOOGLE_APPLICATION_CREDENTIALS = join(folder, 'identity.json')
  await writeFile(process.env.GOOGLE_APPLICATION_CREDENTIALS, JSON.stringify(identity))
  try {
    await run()
  } finally {
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS
    await rm(folder, { recursive: true })
  }
}

test('a key that was exchanged is used from the next call on', async () => {
  const headers = await seen('groq', { apiKey: { env: 'FIRST' } }, () => {
    env.FIRST = 'second-key'
  })
  assert.deepEqual(
    headers.map(({ authorization }) => authorization),
    ['Bearer first-key', 'Bearer second-key'],
  )
})
