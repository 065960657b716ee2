import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planDefaults } from '@astraapi/statistics'
import type { CachePolicy } from '../../kernel/cache.ts'
import type { CatalogState, ContractState, ModelState, Price } from '../../kernel/catalog-state.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import type { IssuerState } from '../../kernel/issuer-state.ts'
import type { Limits } from '../../kernel/limits.ts'
import { changesBetween } from './changes.ts'

const schema = { type: 'object' as const }
const revision = { input: schema, output: schema }
const version = {
  revision: 2,
  backend: 'echo',
  settings: {},
  replicas: [],
  digest: 'sha256:0123456789abcdef',
  immutable: true,
}

const contract: ContractState = {
  task: 'custom',
  streams: false,
  revisions: [revision, revision],
  examples: [{ input: {} }],
  limits: { bodyBytesMax: 2, itemsMax: 2, timeoutMs: 2, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 2 },
  versions: { '1': { ...version, revision: 1 }, '2': version },
  weights: { '2': 1 },
}
const model: ModelState = { owner: 'me', defaultMajor: 1, contracts: { 1: contract } }
const state: CatalogState = { models: { m: model }, consumers: { shop: { demo: false } } }

const cache: CachePolicy = { scope: 'team', ttlMs: 300_000, staleMs: 0, answerBytesMax: 2 ** 20 }
const company: IssuerState = {
  issuer: 'https://a.b',
  audience: ['astraapi'],
  algorithms: ['RS256', 'ES256'],
  clockSkewMs: 30_000,
  consumer: { claim: 'azp', values: { 'client-1': 'shop' } },
  permissions: [{ permissions: ['infer'] }, { claim: 'roles', value: 'ml', permissions: ['operate'], models: ['m'] }],
}

const experiment: ExperimentState = {
  ...{ model: 'm', major: 1, control: '1', candidates: ['2'], shares: { '1': 1, '2': 1 }, ramp: [{ coverage: 1 }] },
  attributionMs: 86_400_000,
  metrics: [
    { name: 'ok', kind: 'success', type: 'mean', optimise: 'max', from: { feedback: 'ok' } },
    {
      ...{ name: 'errors', kind: 'guardrail', type: 'mean', share: true, optimise: 'min' },
      margin: { absolute: 0.005 },
      from: { record: 'errors' },
    },
  ],
  plan: planDefaults,
  progress: { status: 'draft', since: 0, ranMs: 0, step: 0, epochs: [] },
}

const withContract = (over: Partial<ContractState>): CatalogState => ({
  ...state,
  models: { m: { ...model, contracts: { 1: { ...contract, ...over } } } },
})
const withVersion = (over: object) => withContract({ versions: { ...contract.versions, '2': { ...version, ...over } } })
const limits = (over: object) => withContract({ limits: { ...contract.limits, ...over } })

const changed = (after: CatalogState, before = state) =>
  changesBetween(before, after).map(({ action, what, breaking }) => `${action} ${what}${breaking ? ' breaking' : ''}`)

describe('changesBetween', () => {
  const all = ['model m', 'contract m@v1', 'version m@v1 1', 'version m@v1 2', 'traffic m@v1', 'consumer shop']
  const empty: CatalogState = { models: {}, consumers: {} }

  it('says nothing of equal states', () => assert.deepEqual(changed(structuredClone(state)), []))
  it('names everything that comes', () =>
    assert.deepEqual(
      changed(state, empty),
      all.map((what) => `add ${what}`),
    ))
  it('calls everything that goes breaking', () =>
    assert.deepEqual(
      changed(empty),
      all.map((what) => `remove ${what} breaking`),
    ))

  const cases: readonly (readonly [string, CatalogState, string])[] = [
    ['an owner', { ...state, models: { m: { ...model, owner: 'you' } } }, 'change model m'],
    ['a default', { ...state, models: { m: { ...model, defaultMajor: 2 } } }, 'change model m'],
    ['an example', withContract({ examples: [{ input: { a: 1 } }] }), 'change contract m@v1'],
    [
      'a note',
      withContract({ revisions: [revision, { ...revision, input: { ...schema, title: 'x' } }] }),
      'change contract m@v1',
    ],
    ['a higher limit', limits({ itemsMax: 3 }), 'change contract m@v1'],
    ['a lower limit', limits({ itemsMax: 1 }), 'change contract m@v1 breaking'],
    ['fewer calls at once', limits({ inFlightMax: 1 }), 'change contract m@v1'],
    ['replicas', withVersion({ replicas: ['http://a:1'] }), 'change version m@v1 2'],
    ['a setting', withVersion({ settings: { a: { b: 1 } } }), 'change version m@v1 2'],
    ['a retirement', withVersion({ retired: {} }), 'change version m@v1 2 breaking'],
    ['a small share', withContract({ weights: { '2': 999_999, '1': 1 } }), 'change traffic m@v1 breaking'],
    ['a fallback', withContract({ fallback: ['2'] }), 'change traffic m@v1'],
    ['a fallback of an earlier revision', withContract({ fallback: ['1'] }), 'change traffic m@v1 breaking'],
    ['a hedge', withContract({ hedge: { afterMs: 1, share: 1 } }), 'change traffic m@v1'],
    ['a clock', limits({ idleMs: 1 }), 'change contract m@v1'],
    ['a price', { ...state, prices: { a: [{ from: '2026-01-01', input: 1 }] } }, 'add price a'],
    [
      'limits of a model',
      { ...state, models: { m: { ...model, limits: { concurrent: 1 } } } },
      'add limits of model m',
    ],
    ['limits of a version', withVersion({ limits: { concurrent: 1 } }), 'add limits of version m@v1 2'],
    ['a team', { ...state, teams: { growth: {} } }, 'add team growth'],
    [
      'a team of a consumer',
      { ...state, consumers: { shop: { demo: false, team: 'growth' } } },
      'change consumer shop',
    ],
    ['a priority', { ...state, consumers: { shop: { demo: false, priority: 'low' } } }, 'change consumer shop'],
    ['an origin', { ...state, consumers: { shop: { demo: false, origins: ['https://a.b'] } } }, 'change consumer shop'],
    ['a queue', limits({ queueMax: 1 }), 'change contract m@v1'],
    ['a policy', limits({ whenUnavailable: 'closed' }), 'change contract m@v1'],
    ['a cache', withContract({ cache }), 'add cache m@v1'],
    ['an issuer', { ...state, issuers: { company } }, 'add issuer company'],
    ['a rule', withContract({ rules: [{ version: '2', teams: ['a'] }] }), 'change traffic m@v1'],
    [
      'a rule of an earlier revision',
      withContract({ rules: [{ version: '1', teams: ['a'] }] }),
      'change traffic m@v1 breaking',
    ],
    ['a shadow', withContract({ shadow: { version: '1', share: 0.5 } }), 'change traffic m@v1'],
    ['a metric', withContract({ metrics: { ok: { type: 'boolean', optimise: 'max' } } }), 'add metrics m@v1'],
    ['an experiment', { ...state, experiments: { one: experiment } }, 'add experiment one'],
    ['a demo', { ...state, consumers: { shop: { demo: true } } }, 'change consumer shop'],
  ]
  for (const [title, after, expected] of cases) {
    it(`sees ${title}`, () => assert.deepEqual(changed(after), [expected]))
  }

  it('sees every difference between experiments, and tells what was declared and how far it has come', () => {
    const of = (over: Partial<ExperimentState>): CatalogState => ({
      ...state,
      experiments: { one: { ...experiment, ...over } },
    })
    const changes: readonly Partial<ExperimentState>[] = [
      { cached: true },
      { attributionMs: 1 },
      { plan: { ...planDefaults, harmAlpha: 0.02 } },
      { progress: { ...experiment.progress, ranMs: 1 } },
      { metrics: [{ name: 'x', kind: 'success', type: 'mean', optimise: 'max', from: { feedback: 'y' } }] },
    ]
    for (const change of changes) assert.deepEqual(changed(of(change), of({})), ['change experiment one'])
    const [added] = changesBetween(state, of({}))
    assert.match(
      added?.after ?? '',
      /^status: draft, candidates: 2, metrics: ok, guardrails: errors \(0\.5 points\), model: m@v1, control: 1, content: sha256:\w+$/,
    )
  })

  it('tells prices, and calls nothing about them breaking', () => {
    const priced = (...dated: readonly Price[]): CatalogState => ({ ...state, prices: { 'a/b': dated } })
    const before = priced({ from: '2026-01-01', input: 0.15, output: 0.6 })
    const after = priced({ from: '2026-01-01', input: 0.15, output: 0.6 }, { from: '2026-12-01', items: 0 })
    const text = 'from 2026-01-01: input: 0.15, output: 0.6'
    assert.deepEqual(changesBetween(before, after), [
      {
        action: 'change',
        what: 'price a/b',
        before: text,
        after: `${text}; from 2026-12-01: items: 0`,
        breaking: false,
      },
    ])
    assert.deepEqual(changed(state, before), ['remove price a/b'])
  })

  it('tells limits, and calls nothing about them breaking', () => {
    const limited = (limits: Limits): CatalogState => ({ ...state, teams: { growth: { limits } } })
    const before = limited({
      requests: { amount: 600, perMs: 60_000, burst: 600 },
      tokens: { amount: 5, perMs: 10_000, burst: 2 },
      concurrent: 50,
      budget: { day: 20, month: 300 },
    })
    const text = 'requests: 600/minute, tokens: 5/10s (2 at once), concurrent: 50, USD a day: 20, USD a month: 300'
    const what = 'limits of team growth'
    assert.deepEqual(changesBetween(before, limited({ concurrent: 1 })), [
      { action: 'change', what, before: text, after: 'concurrent: 1', breaking: false },
    ])
    assert.deepEqual(changed(state, before), ['remove team growth', `remove ${what}`])
  })

  it('tells caches and issuers, and calls an issuer that goes breaking', () => {
    const semantic = { mode: 'serve', model: 'embed@v1', similarityMin: 0.9, timeoutMs: 200 } as const
    const after = { ...withContract({ cache: { ...cache, staleMs: 60_000, semantic } }), issuers: { company } }
    assert.deepEqual(
      changesBetween(state, after).map(({ after }) => after),
      [
        'scope: team, ttl: 5m, stale: 1m, answer: 1MiB, semantic: serve by embed@v1 from 0.9 on, within 200ms',
        'issuer: https://a.b, audience: astraapi, algorithms: RS256 ES256, clockSkew: 30s, consumer: azp (client-1: shop), permissions: all may infer; roles ml may operate on m',
      ],
    )
    assert.deepEqual(changed(state, after), ['remove cache m@v1', 'remove issuer company breaking'])
  })

  it('tells shares, fallbacks and hedges', () => {
    const [change] = changesBetween(state, withContract({ fallback: ['2', '1'], hedge: { afterMs: 800, share: 0.05 } }))
    assert.equal(change?.after, '2: 100 %; fallback: 2, 1; hedge: after 800ms, at most 5 %')
  })

  it('tells shares, whatever the weights are in and in whatever order', () => {
    const thirds = (weights: ContractState['weights']) => withContract({ weights })
    const [change] = changesBetween(state, thirds({ '2': 2, '1': 4 }))
    assert.deepEqual(change, {
      action: 'change',
      what: 'traffic m@v1',
      before: '2: 100 %',
      after: '1: 66.6667 %, 2: 33.3333 %',
      breaking: true,
    })
    assert.deepEqual(changed(thirds({ '1': 2, '2': 1 }), thirds({ '2': 50, '1': 100 })), [])
    const one = (part: number) => thirds({ '2': 999_999, '1': part })
    assert.deepEqual(changed(one(2), one(1)), ['change traffic m@v1'])
  })
})
