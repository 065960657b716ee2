import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { selfSigned } from '../packages/gateway/src/start/testing/self-signed.ts'
import {
  freePort,
  startRedis,
  type TestRedis,
  withoutRedis,
} from '../packages/gateway/src/stores/redis/testing/redis-server.ts'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const password = 'p@ss/word:of-the-counters'
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const versions = { '1.0': { backend: 'echo', words: 'text' } }
const manifest = {
  models: { probe: { owner: 'team', contracts: { v1: { input: text, output: text, versions } } } },
  consumers: { shop: { limits: { requests: '3/day' } } },
}

describe('Redis over TLS', { skip: withoutRedis }, () => {
  const trusted = getCACertificates('default')
  const { cert, key } = selfSigned()
  const stops: (() => Promise<unknown>)[] = []
  let redis: TestRedis
  let folder: string
  let port: number

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-redis-tls-'))
    const at = (name: string) => join(folder, name)
    await writeFile(at('tls.pem'), cert)
    await writeFile(at('tls.key'), key)
    await writeFile(at('astra.json'), JSON.stringify(manifest))
    port = await freePort()
    const files = [
      '--tls-cert-file',
      at('tls.pem'),
      '--tls-key-file',
      at('tls.key'),
      '--tls-ca-cert-file',
      at('tls.pem'),
    ]
    redis = await startRedis(
      '--tls-port',
      String(port),
      ...files,
      '--tls-auth-clients',
      'no',
      '--requirepass',
      password,
    )
  })
  after(async () => {
    setDefaultCACertificates(trusted)
    for (const stop of stops.reverse()) await stop()
    await redis.remove()
    await rm(folder, { recursive: true })
  })

  const start = async (host: string) => {
    const redisUrl = `rediss://:${encodeURIComponent(password)}@${host}:${port}`
    const gateway = await startTestGateway({ config: join(folder, 'astra.json'), redisUrl })
    stops.push(() => gateway.stop())
    const { secret } = (await gateway.ask('POST', '/api/v1/keys', { consumer: 'shop' })).body
    const call = async () =>
      (await gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'hi' } }, { key: secret })).status
    return { gateway, call }
  }
  const fault = async (gateway: TestGateway) => (await gateway.ask('GET', '/api/v1/status')).body.limits.fault

  it('is refused where nobody vouches for its certificate, and the status says why, without the password', async () => {
    const { gateway, call } = await start('127.0.0.1')
    await waitUntil('told', async () => /self-signed certificate/.test(await fault(gateway)), 5000)
    assert.doesNotMatch(JSON.stringify((await gateway.ask('GET', '/api/v1/status')).body), /p@ss|p%40ss/)
    assert.deepEqual(await Promise.all([call(), call(), call(), call()]), [200, 200, 200, 200])
    // Trusted later, it is reached without another start.
    setDefaultCACertificates([...trusted, cert])
    await waitUntil('reached', async () => (await fault(gateway)) === undefined, 5000)
  })

  it('counts for gateways that reach it by address or by name, and again after it was away', async () => {
    const gateways = await Promise.all(['127.0.0.1', 'localhost'].map(start))
    for (const { gateway } of gateways)
      await waitUntil('reached', async () => (await fault(gateway)) === undefined, 5000)
    const statuses = async () => (await Promise.all([...gateways, ...gateways].map(({ call }) => call()))).sort()
    assert.deepEqual(await statuses(), [200, 200, 200, 429])
    await redis.kill()
    await redis.start()
    for (const { gateway } of gateways) await waitUntil('again', async () => (await fault(gateway)) === undefined, 5000)
    // It keeps nothing on a disk: its limits begin anew.
    assert.deepEqual(await statuses(), [200, 200, 200, 429])
  })
})
