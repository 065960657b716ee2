import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planDefaults } from '@astraapi/statistics'
import fc from 'fast-check'
import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import { systemClock } from '../../kernel/clock.ts'
import { currentVersion } from '../../kernel/current-version.ts'
import type { ExperimentState, ExperimentStatus } from '../../kernel/experiment.ts'
import type { ExperimentChange } from '../operations/ports.ts'
import { buildCatalog } from './build-catalog.ts'
import { withExperiment } from './change-experiment.ts'

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
    assert.equal(currentVersion(one())?.id, '1.0')
    assert.equal(currentVersion(one({ weights: {} })), undefined)
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

  it('brings rules and the shadow with their versions, and counts rules among what has traffic', () => {
    const rules = [
      { version: '1.2', teams: ['growth'] },
      { version: '1.0', tags: { stage: 'beta' } },
    ]
    const built = one({ weights: { '1.1': 1 }, rules, shadow: { version: '1.0', share: 0.1 } })
    assert.deepEqual(
      built.rules?.map(({ version, ...when }) => [version.id, when]),
      [
        ['1.2', { teams: ['growth'] }],
        ['1.0', { tags: { stage: 'beta' } }],
      ],
    )
    assert.deepEqual([built.shadow?.version.id, built.shadow?.share, built.publishedRevision], ['1.0', 0.1, 1])
    assert.equal(built.shadow?.version, built.versions.get('1.0'))
    assert.deepEqual([one().rules, one().shadow, one().experiment], [undefined, undefined, undefined])
    assert.equal(one({ weights: { '1.1': 1 }, shadow: { version: '1.0', share: 1 } }).publishedRevision, 2)
  })

  it('splits as the experiment has it that holds the traffic, among those that are enrolled', () => {
    const contracts = { 1: contract({ weights: { '1.1': 98, '1.2': 2 } }) }
    const progress = (status: ExperimentStatus) => ({
      ...{ status, startedAt: 0, since: 0, ranMs: 0, step: 1 },
      epochs: [
        { number: 1, from: 0, shares: { '1.1': 0.5, '1.0': 0.25, '1.2': 0.25 } },
        { number: 2, from: 9, shares: { '1.1': 0.8, '1.2': 0.2 } },
      ],
    })
    const of = (status: ExperimentStatus, over: Partial<ExperimentState> = {}) =>
      build({
        models: { spam: { owner: 'o', defaultMajor: 1, contracts } },
        consumers: {},
        experiments: {
          one: {
            ...{ model: 'spam', major: 1, control: '1.1', candidates: ['1.0', '1.2'] },
            ...{ shares: { '1.0': 1, '1.1': 1, '1.2': 1 }, ramp: [{ coverage: 0.01, forMs: 1 }, { coverage: 0.1 }] },
            ...{ attributionMs: 7, metrics: [], plan: planDefaults, progress: progress(status), ...over },
          },
        },
      })
        .model('spam')
        ?.contracts.get(1)
    const running = of('running')
    assert.deepEqual(
      running?.split.map(({ version, share, upTo, left }) => [version.id, share, upTo, left]),
      [
        ['1.1', 0.25, 0.25, true],
        ['1.1', 0.8, 0.75, undefined],
        ['1.2', 0.2, 1, undefined],
      ],
    )
    const { control, ...told } = running?.experiment ?? assert.fail()
    assert.equal(control, running?.versions.get('1.1'))
    const expected = {
      name: 'one',
      startedAt: 0,
      epoch: 2,
      coverage: 0.1,
      paused: false,
      cached: false,
      attributionMs: 7,
    }
    assert.deepEqual(told, expected)
    const following = of('running', { allocation: { method: 'thompson', everyMs: 1, least: 0.1 } })
    assert.deepEqual(
      following?.split.map(({ version, share, upTo, left }) => [version.id, share, upTo, left]),
      [
        ['1.1', 0.8, 0.8, undefined],
        ['1.2', 0.2, 1, undefined],
      ],
      'shares that follow the evidence are cut anew',
    )
    assert.equal(of('paused')?.experiment?.paused, true)
    const leads = of('running', { control: '1.2' }) ?? assert.fail()
    assert.equal(currentVersion(leads)?.id, '1.2', 'its control serves, whoever has more')
    const some = currentVersion(leads, (id) => id !== '1.2')
    assert.equal(some?.id, '1.1', 'else who has most')
    for (const status of ['draft', 'promoted'] as const) {
      assert.deepEqual([of(status)?.experiment, of(status)?.split[0]?.share], [undefined, 0.98], status)
    }
  })

  it('never moves a unit to another arm, whoever leaves: it stays, or takes part no more', () => {
    const arms = ['1.0', '1.1', '1.2']
    const parts = fc.tuple(
      fc.integer({ min: 1, max: 99 }),
      fc.integer({ min: 1, max: 99 }),
      fc.integer({ min: 1, max: 99 }),
    )
    fc.assert(
      fc.property(
        parts,
        fc.constantFrom(...arms),
        fc.nat(1),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (all, control, nth, at) => {
          const shares = Object.fromEntries(arms.map((arm, i) => [arm, all[i] ?? 0]))
          const candidates = arms.filter((arm) => arm !== control)
          const { [candidates[nth] ?? '']: _, ...left } = shares
          const experiment = {
            ...{ model: 'spam', major: 1, control, candidates, shares, ramp: [{ coverage: 1 }] },
            ...{ attributionMs: 7, metrics: [], plan: planDefaults },
            progress: { status: 'draft', since: 0, ranMs: 0, step: 0, epochs: [] },
          } as const
          const models = { spam: { owner: 'o', defaultMajor: 1, contracts: { 1: contract() } } }
          const draft: CatalogState = { models, consumers: {}, experiments: { one: experiment } }
          const change = (state: CatalogState, change: ExperimentChange) =>
            withExperiment(state, 'one', change, { by: 'me', at: 1 })
          const before = change(draft, { action: 'start' })
          const [first, second] = [before, change(before, { action: 'reshare', shares: left })].map((state) =>
            build(state)
              .model('spam')
              ?.contracts.get(1)
              ?.split.find(({ upTo }) => at < upTo),
          )
          const stays = Object.hasOwn(left, first?.version.id ?? '')
          assert.deepEqual([second?.version.id, second?.left], stays ? [first?.version.id, undefined] : [control, true])
        },
      ),
    )
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
