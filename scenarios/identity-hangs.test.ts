import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { exportJWK, SignJWT } from 'jose'
import { startTestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function tokenOf(sub: string, issuer: string): Promise<string> {
  return new SignJWT({ azp: 'shop' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(issuer)
    .setAudience('astraapi')
    .setSubject(sub)
    .setExpirationTime('5m')
    .sign(privateKey)
}

it('an issuer that hangs under load: its tokens end in 503 in time, keys go on, and it mends itself', async (t) => {
  let hangs = true
  let asked = 0
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] })
  const server = createServer((_request, response) => {
    asked++
    if (!hangs) response.end(jwks)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = await mkdtemp(join(tmpdir(), 'astra-identity-hangs-'))
  const config = join(folder, 'astra.json')
  const versions = { '1.0': { backend: 'echo', words: 'text' } }
  const company = { issuer, jwks: `${issuer}/keys`, audience: 'astraapi', claims: { consumer: { claim: 'azp' } } }
  const models = { probe: { owner: 'team', contracts: { v1: { input: text, output: text, versions } } } }
  await writeFile(config, JSON.stringify({ models, consumers: { shop: {} }, issuers: { company } }))
  const gateway = await startTestGateway({ config })
  t.after(async () => {
    await gateway.stop()
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })

  const call = (key: string) => gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'hi' } }, { key })
  const { secret } = (await gateway.ask('POST', '/api/v1/keys', { consumer: 'shop' })).body
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, n) => tokenOf(`user-${n}`, issuer)))
  let ended = 0
  const waiting = tokens.map((token) => call(token).finally(() => ended++))
  await waitUntil('the issuer is asked', () => asked > 0, 5000)
  for (let n = 0; n < 50; n++) assert.equal((await call(secret)).status, 200)
  // Keys were served while the tokens' calls waited, not after them.
  assert.equal(ended, 0)

  for (const { status, headers, body } of await Promise.all(waiting)) {
    assert.deepEqual([status, body.code], [503, 'identity_unavailable'])
    assert.ok(Number(headers.get('retry-after')) >= 1 && !body.detail.includes(issuer))
  }
  // One asks for all, and nobody asks again until it has had a rest.
  assert.equal((await call(tokens[0] ?? '')).status, 503)
  assert.equal(asked, 1)
  hangs = false
  await waitUntil('tokens are taken again', async () => (await call(tokens[0] ?? '')).status === 200, 15_000)
  assert.equal(asked, 2)
})
