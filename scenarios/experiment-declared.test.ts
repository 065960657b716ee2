import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

// Experiments that no manifest names: declared, watched and deleted by the platform API alone, with shares that follow what is seen.

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const manifest = JSON.stringify({
  models: {
    up: {
      owner: 'me',
      contracts: {
        v1: {
          ...{ input: text, output: text, metrics: { correct: { type: 'boolean' } } },
          versions: { '1.0': { backend: 'echo' }, '1.1': { backend: 'echo' } },
          traffic: { weights: { '1.0': 1 } },
        },
      },
    },
  },
})
const declared = { model: 'up', candidates: ['1.1'], metrics: ['correct'], guardrails: [{ metric: 'errors' }] }

interface Seen {
  readonly status: string
  readonly epochs: readonly { readonly shares: Readonly<Record<string, number>> }[]
  readonly arms: readonly { readonly version: string; readonly units: number; readonly calls: number }[]
}

describe('an experiment that the API declares', () => {
  let gateway: TestGateway
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-declared-'))
    const config = join(folder, 'astra.json')
    await writeFile(config, manifest)
    gateway = await startTestGateway({ config, experimentsEvery: '200ms' })
  })
  after(async () => {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const any = { headers: { 'if-match': '*' } }
  const create = (fields: object) => gateway.ask('POST', '/api/v1/experiments', { ...declared, ...fields }, any)
  const read = async (name: string): Promise<Seen> => (await gateway.ask('GET', `/api/v1/experiments/${name}`)).body

  it('is the same through REST and GraphQL, and refused in the same words', async () => {
    const byRest = await create({ name: 'rest' })
    assert.equal(byRest.status, 200, JSON.stringify(byRest.body))
    const fields =
      'name: $name, model: "up", candidates: ["1.1"], metrics: $metrics, guardrails: [{metric: "errors"}], ifMatch: "*"'
    const query = `mutation ($name: String!, $metrics: [String!]!) { createExperiment(${fields}) { name status } }`
    const byGraphql = await gateway.graphql(query, { name: 'graph', metrics: ['correct'] })
    assert.deepEqual(byGraphql.body.data, { createExperiment: { name: 'graph', status: 'draft' } })
    const { name: _, ...one } = (await gateway.ask('GET', '/api/v1/experiments/rest')).body
    const { name: __, ...other } = (await gateway.ask('GET', '/api/v1/experiments/graph')).body
    assert.deepEqual({ ...one, since: 0, revision: 0 }, { ...other, since: 0, revision: 0 })

    const refused = await create({ name: 'wrong', metrics: ['corect'] })
    const refusedToo = await gateway.graphql(query, { name: 'wrong', metrics: ['corect'] })
    const [fault] = refused.body.errors
    assert.deepEqual(
      [refused.status, fault],
      [422, { path: '/metrics/0', message: 'is no metric: "corect"', suggestion: 'Did you mean "correct"?' }],
    )
    assert.equal(refusedToo.body.errors[0].extensions.code, refused.body.code)
    for (const name of ['rest', 'graph'])
      assert.equal((await gateway.ask('DELETE', `/api/v1/experiments/${name}`, undefined, any)).status, 200)
  })

  it('moves its shares to the better arm, is left alone by a manifest, and goes with its evidence', async () => {
    const allocation = { method: 'thompson', every: '1s', least: 0.1 }
    await create({ name: 'follows', allocation, attribution: '500ms', minimalDuration: '1h' })
    assert.equal((await gateway.ask('POST', '/api/v1/experiments/follows/start', {}, any)).status, 200)
    let n = 0
    const call = async () => {
      const at = n++
      const unit = `unit-${at}`
      const headers = { 'astra-unit': unit, 'astra-reference': unit }
      const { body } = await gateway.ask('POST', '/models/up/v1/predict', { input: { text: unit } }, { headers })
      const value = body.version === '1.1' || at % 2 === 0
      await gateway.ask('POST', '/api/v1/feedback', { call: body.id, metric: 'correct', value })
      return body.id
    }
    await waitUntil(
      'its shares have moved',
      async () => {
        await Promise.all(Array.from({ length: 16 }, call))
        return (await read('follows')).epochs.length > 1
      },
      20_000,
    )
    const record = (await gateway.ask('GET', `/api/v1/calls/${await call()}`)).body.call
    const { epochs, arms } = await read('follows')
    assert.ok((epochs.at(-1)?.shares['1.1'] ?? 0) > 0.8, JSON.stringify(epochs))
    assert.ok(arms.every(({ units, calls }) => units > 20 && units === calls))
    const met = epochs[record.enrolment.epoch - 1]
    assert.deepEqual([record.enrolment.epoch > 1, record.propensity], [true, met?.shares[record.versionAssigned]])

    const applied = await gateway.ask('PUT', '/api/v1/manifest', { yaml: manifest }, any)
    assert.deepEqual([applied.status, applied.body.changes], [200, []])
    assert.equal((await read('follows')).status, 'running')
    assert.equal((await gateway.ask('DELETE', '/api/v1/experiments/follows', undefined, any)).status, 409)
    await gateway.ask('POST', '/api/v1/experiments/follows/stop', {}, any)
    assert.equal((await gateway.ask('DELETE', '/api/v1/experiments/follows', undefined, any)).status, 200)
    assert.equal((await gateway.ask('GET', '/api/v1/experiments/follows')).status, 404)
    const again = await create({ name: 'follows' })
    assert.deepEqual([again.status, again.body.next], [409, 'Choose another name; a manifest may leave it out.'])
    assert.equal((await gateway.ask('GET', `/api/v1/calls/${record.id}`)).status, 200)
  })
})
