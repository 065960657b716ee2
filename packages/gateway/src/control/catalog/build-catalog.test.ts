import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CatalogState, ContractState } from '../../kernel/catalog.ts'
import { systemClock } from '../../kernel/clock.ts'
import { buildCatalog } from './build-catalog.ts'

const version = { backend: 'echo', settings: {}, replicas: [], digest: 'sha256:0', immutable: true }
const revision = (fields: number) => ({
  input: { type: 'object' as const, properties: {} },
  output: {
    type: 'object' as const,
    properties: Object.fromEntries(Array.from({ length: fields }, (_, i) => [`f${i}`, { type: 'string' as const }])),
  },
})

const contract = (over: Partial<ContractState> = {}): ContractState => ({
  task: 'custom',
  streams: false,
  revisions: [revision(1), revision(2)],
  examples: [],
  limits: { bodyBytesMax: 1, itemsMax: 1, timeoutMs: 1, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 1 },
  versions: {
    '1.0': { ...version, revision: 1 },
    '1.1': { ...version, revision: 2 },
    '1.2': { ...version, revision: 2 },
  },
  weights: { '1.1': 1, '1.0': 3 },
  ...over,
})

const build = (state: CatalogState) => buildCatalog({ revision: 3, time: 0, state, digests: {} }, systemClock)
const one = (over: Partial<ContractState> = {}) => {
  const catalog = build({
    models: { spam: { owner: 'o', defaultMajor: 1, contracts: { 1: contract(over) } } },
    consumers: {},
  })
  const found = catalog.model('spam')?.contracts.get(1)
  assert.ok(found)
  return found
}

describe('buildCatalog', () => {
  it('cuts [0, 1) in the order of the ids, up to 1 exactly', () => {
    assert.deepEqual(
      one().split.map(({ version, share, upTo }) => [version.id, share, upTo]),
      [
        ['1.0', 0.75, 0.75],
        ['1.1', 0.25, 1],
      ],
    )
    const thirds = one({ weights: { '1.0': 0.1, '1.1': 0.1, '1.2': 0.1 } }).split
    assert.equal(thirds.at(-1)?.upTo, 1)
  })

  it('publishes the highest revision that every version with traffic implements', () => {
    assert.equal(one().publishedRevision, 1)
    assert.equal(one({ weights: { '1.1': 1, '1.2': 1 } }).publishedRevision, 2)
    assert.equal(Object.keys(one({ weights: { '1.2': 1 } }).published.output.properties ?? {}).length, 2)
  })

  it('counts a version that is fallen back on among those with traffic', () => {
    const { publishedRevision, fallback } = one({ weights: { '1.1': 1 }, fallback: ['1.2', '1.0'] })
    assert.deepEqual([publishedRevision, fallback.map(({ id }) => id)], [1, ['1.2', '1.0']])
    assert.equal(one({ weights: { '1.1': 1 }, fallback: ['1.2'] }).publishedRevision, 2)
  })

  it('streams where every version with traffic does', () => {
    const revisions = [revision(1), { ...revision(2), chunk: {} }]
    assert.equal(one({ revisions, streams: true }).streams, false)
    assert.equal(one({ revisions, streams: true, weights: { '1.1': 1 } }).streams, true)
  })

  it('finds no model by a name that every object has', () => {
    const catalog = build({ models: {}, consumers: {} })
    for (const name of ['constructor', '__proto__', 'toString', '']) assert.equal(catalog.model(name), undefined)
    assert.equal(catalog.hasConsumer('constructor'), false)
  })

  it('finds consumers and teams by their own names only, also where a state knows of no teams', () => {
    const consumers = { shop: { demo: false, team: 'growth' } }
    const catalog = build({ models: {}, consumers, teams: { growth: { limits: { concurrent: 2 } } } })
    assert.deepEqual(catalog.consumer('shop'), consumers.shop)
    assert.deepEqual(catalog.team('growth')?.limits, { concurrent: 2 })
    for (const name of ['constructor', '__proto__', 'shop ', '']) {
      assert.deepEqual([catalog.consumer(name), catalog.team(name)], [undefined, undefined], name)
    }
    assert.equal(build({ models: {}, consumers }).team('growth'), undefined)
  })

  it('brings the limits of models and versions, and the cache of contracts', () => {
    const limits = { concurrent: 1 }
    const cache = { scope: 'public', ttlMs: 1, staleMs: 0, answerBytesMax: 1 } as const
    const versions = { '1.0': { ...version, revision: 1, limits } }
    const contracts = { 1: contract({ cache, versions }) }
    const model = build({ models: { spam: { owner: 'o', defaultMajor: 1, contracts, limits } }, consumers: {} }).model(
      'spam',
    )
    const built = model?.contracts.get(1)
    assert.deepEqual([model?.limits, built?.cache, built?.versions.get('1.0')?.state.limits], [limits, cache, limits])
    assert.equal(one().cache, undefined)
  })

  it('builds a thousand models only as they are looked up', () => {
    const models = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`m${i}`, { owner: 'o', defaultMajor: 1, contracts: { 1: contract() } }]),
    )
    const began = performance.now()
    const catalog = build({ models, consumers: {} })
    assert.equal(catalog.modelNames().length, 1000)
    assert.ok(performance.now() - began < 50)
    assert.equal(catalog.model('m7'), catalog.model('m7'), 'built once')
  })
})
