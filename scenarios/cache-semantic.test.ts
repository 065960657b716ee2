import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { type AskInit, repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

/** Contracts that differ in their semantic look-ups alone, beside the embedding model that comes along. */
function manifestOf(vendor: FakeVendor, consumers: object = {}): string {
  const chat = (semantic: object) => ({
    owner: 'tests',
    contracts: {
      v1: {
        task: 'chat',
        cache: { ttl: '1h', semantic: { model: 'embed@v1', similarity: 0.8, timeout: '10s', ...semantic } },
        versions: { '1.0': { backend: 'openai', model: 'fake', replicas: [vendor.url] } },
      },
    },
  })
  const embed = { task: 'embedding', dimensions: 512, versions: { '1.0': {} } }
  return JSON.stringify({
    models: {
      embed: { owner: 'tests', contracts: { v1: embed } },
      serving: chat({ mode: 'serve' }),
      measuring: chat({ mode: 'measure' }),
      hasty: chat({ mode: 'serve', timeout: '1ms' }),
    },
    consumers: { shop: {}, ...consumers },
  })
}

const asked = 'Where is my parcel?'
const alike = 'Where is my parcel now?'
const other = 'Add two eggs and a cup of flour.'

describe('a chat whose last message means the same as one before', () => {
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-semantic-'))
    vendor = await startFakeVendor({ protocol: 'openai' })
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifestOf(vendor))
    gateway = await startTestGateway({ config, models: repositoryModels })
    const warm = await gateway.ask('POST', '/models/embed/v1/predict', { input: { text: 'warm' } })
    assert.equal(warm.status, 200)
  })
  after(async () => {
    await gateway.stop()
    await vendor.close()
    await rm(folder, { recursive: true })
  })

  const chat = (model: string, content: string, more: object = {}, init?: AskInit) =>
    gateway.ask('POST', '/openai/v1/chat/completions', { model, messages: [{ role: 'user', content }], ...more }, init)
  const told = ({ headers }: { headers: Headers }) => headers.get('astra-cache')
  const reportOf = async (model: string) =>
    (await gateway.ask('GET', `/api/v1/cache/report?model=${model}`)).body.contracts[0]

  const wasCompared = ({ compared }: { compared: number }) => compared > 0

  it('gets that answer, marked in header and Record, and the vector has a Record of its own', async () => {
    const first = await chat('serving', asked)
    const requests = vendor.requests.length
    const second = await chat('serving', alike)
    assert.deepEqual([told(first), told(second)], ['miss', 'semantic'])
    assert.deepEqual(second.body, first.body)
    assert.equal(vendor.requests.length, requests)
    const similarity = Number(second.headers.get('astra-cache-similarity'))
    assert.ok(similarity >= 0.8 && similarity < 1, `${similarity}`)
    const id = second.headers.get('astra-call-id')
    const { call } = (await gateway.ask('GET', `/api/v1/calls/${id}`)).body
    assert.deepEqual([call.cache, call.outcome, call.attempts], ['semantic', 'ok', []])
    const { calls } = (await gateway.ask('GET', `/api/v1/calls?consumer=astra-cache&reference=${id}`)).body
    assert.equal(calls.length, 1)
    assert.deepEqual(
      [calls[0].model, calls[0].outcome, calls[0].tags, calls[0].traceId === call.traceId],
      ['embed', 'ok', { purpose: 'cache' }, true],
    )
    assert.equal(told(await chat('serving', alike, { stream: true })), 'miss')
  })

  it('is asked where anything else differs: the meaning, a parameter, an earlier message, the consumer', async () => {
    await chat('serving', asked)
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: alike },
    ]
    const { secret } = (await gateway.ask('POST', '/api/v1/keys', { consumer: 'shop', permissions: ['infer'] })).body
    const answers = [
      await chat('serving', other),
      await chat('serving', alike, { temperature: 0.5 }),
      await chat('serving', alike, { messages }),
      await chat('serving', alike, {}, { key: secret }),
    ]
    assert.deepEqual(answers.map(told), ['miss', 'miss', 'miss', 'miss'])
  })

  it('is asked where the vector comes too late', async () => {
    assert.deepEqual([told(await chat('hasty', asked)), told(await chat('hasty', alike))], ['miss', 'miss'])
    const { lookups, failures, served } = await reportOf('hasty')
    assert.deepEqual([lookups, failures, served], [2, 2, 0])
  })

  it('is asked where it is only measured, and the report and the metrics tell what would have been', async () => {
    assert.equal(told(await chat('measuring', asked)), 'miss')
    await waitUntil('looked up', async () => (await reportOf('measuring')).lookups === 1, 10_000)
    assert.equal(told(await chat('measuring', alike)), 'miss')
    await waitUntil('compared', async () => (await reportOf('measuring')).similarities.some(wasCompared), 10_000)
    const report = await reportOf('measuring')
    assert.deepEqual([report.mode, report.served, report.wouldServe, report.failures], ['measure', 0, 1, 0])
    // The vendor says back what it was told.
    const classes = report.similarities.filter(({ calls }: { calls: number }) => calls > 0)
    assert.deepEqual([classes.length, classes[0].compared, classes[0].equal], [1, 1, 0])
    const { body: metrics } = await gateway.ask('GET', '/metrics')
    assert.match(metrics, /astra_cache_semantic_total\{model="measuring",major="v1",what="would-serve"\} 1/)
    assert.match(
      metrics,
      /astra_cache_similarity_total\{model="measuring",major="v1",from="0[.\d]*",what="compared"\} 1/,
    )
    assert.match(metrics, /astra_cache_vectors [1-9]/)
  })

  it('is asked where vectors have used up what their consumer may spend, and nobody else is refused', async () => {
    const limited = manifestOf(vendor, { 'astra-cache': { limits: { requests: '1/hour' } } })
    const { status } = await gateway.ask('PUT', '/api/v1/manifest', { yaml: limited }, { headers: { 'If-Match': '*' } })
    assert.equal(status, 200)
    const { failures } = await reportOf('serving')
    const texts = ['What is the opening time?', 'When do you open?', 'When do you close?']
    const answers = []
    for (const text of texts) answers.push(await chat('serving', text))
    assert.deepEqual(
      answers.map((answer) => [answer.status, told(answer)]),
      texts.map(() => [200, 'miss']),
    )
    assert.equal((await reportOf('serving')).failures, failures + 2)
  })
})
