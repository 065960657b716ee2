import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Catalog } from '../../kernel/catalog.ts'
import type { DriftPolicy } from '../../kernel/contract-policies.ts'
import { countValue, type DriftKept, type DriftQuery, emptySketch } from '../../kernel/drift.ts'
import { AstraError } from '../../kernel/errors.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { fakeCatalog, noon } from '../operations/fake-catalog.ts'
import { DriftLooks } from './drift-looks.ts'
import { DriftWatch } from './drift-watch.ts'

const policy: DriftPolicy = {
  windowMs: 3_600_000,
  first: 100,
  features: { length: { of: 'input', at: '/text', as: 'length' } },
}

const clock = { now: () => noon, elapsed: () => 0, id: () => 'id' }

/** The model spam declares drift, and another one if told so. */
function catalogWith(drift: DriftPolicy, other?: DriftPolicy): Catalog {
  const { digits, spam } = fakeCatalog.state.models
  const contract = spam?.contracts[1]
  if (!spam || !digits || !contract) return assert.fail()
  const more = other ? { ...digits, contracts: { 1: { ...contract, drift: other } } } : digits
  const models = { digits: more, spam: { ...spam, contracts: { 1: { ...contract, drift } } } }
  return buildCatalog({ revision: 7, time: noon, state: { models, consumers: {} }, digests: {} }, clock)
}

function lengths(mean: number, count = 200) {
  const sketch = emptySketch('numbers')
  for (let i = 0; i < count; i++) countValue(sketch, mean + (i % 50))
  return [{ version: '1.0', feature: 'input/text length', sketch }]
}

function watching(catalog = catalogWith(policy)) {
  const state = {
    elapsed: 0,
    leap: 0,
    touched: ['spam@v1'],
    current: lengths(100),
    looks: 0,
    fault: undefined as Error | undefined,
  }
  const told: string[] = []
  const lookedAt: string[] = []
  const swept: { before: number; kept: readonly DriftKept[] }[] = []
  const clock = { now: () => noon + state.leap + state.elapsed, elapsed: () => state.elapsed }
  const reports = {
    async sums({ first, model, from }: DriftQuery) {
      if (state.fault) throw state.fault
      if (first && from === 0) {
        state.looks++
        lookedAt.push(model)
      }
      return first ? lengths(100) : state.current
    },
  }
  const watch = new DriftWatch({
    catalog: () => catalog,
    clock,
    looks: new DriftLooks(reports, clock),
    store: { forget: async (before, kept) => void swept.push({ before, kept }) },
    touched: () => new Set(state.touched.splice(0)),
    tell: (message, facts) => told.push(`${message} ${Object.values(facts).slice(0, 3).join(' ')}`),
  })
  const step = async (afterMs: number, current?: ReturnType<typeof lengths>) => {
    state.elapsed += afterMs
    if (current) {
      state.current = current
      state.touched.push('spam@v1')
    }
    await watch.step()
  }
  return { watch, state, told, swept, step, lookedAt }
}

const features = ({ watch }: ReturnType<typeof watching>) => watch.counts().map(({ features }) => features)

describe('the watch over drift', () => {
  it('tells once what begins and what stops to drift, and counts it meanwhile', async () => {
    const world = watching()
    const { step, told } = world
    assert.deepEqual(features(world), [], 'nothing was looked at yet')
    await step(0)
    assert.deepEqual(features(world), [0])
    await step(60_000, lengths(500))
    await step(60_000, lengths(500))
    assert.deepEqual([features(world), told], [[1], ['a feature drifts spam@v1 1.0 length']])
    await step(60_000, lengths(500, 20))
    assert.deepEqual(features(world), [1], 'what cannot be judged just now drifts on')
    await step(60_000, lengths(100))
    assert.deepEqual([features(world), told[1]], [[0], 'a feature drifts no more spam@v1 1.0 length'])
  })

  it('looks at a contract at most once a minute, and only where it was called or drifts', async () => {
    const { step, state } = watching()
    await step(0)
    await step(59_999, lengths(500))
    assert.equal(state.looks, 1)
    await step(1)
    assert.equal(state.looks, 2)
    await step(60_000)
    assert.equal(state.looks, 3, 'it drifts')
    await step(60_000, lengths(100))
    await step(600_000)
    assert.equal(state.looks, 4, 'nobody called')
  })

  it('looks at contracts in turn, one at each step', async () => {
    const { step, state, lookedAt } = watching(catalogWith(policy, policy))
    for (let look = 0; look < 4; look++) {
      state.touched.push('digits@v1', 'spam@v1')
      await step(look % 2 === 0 ? 60_000 : 1)
    }
    assert.deepEqual(lookedAt, ['digits', 'spam', 'digits', 'spam'])
    state.touched.push('digits@v1', 'spam@v1')
    await step(120_000)
    await step(0)
    assert.deepEqual(lookedAt.slice(4), ['digits', 'spam'])
  })

  it('looks again where the store did not answer, and says so', async () => {
    const { step, state, told } = watching()
    state.fault = new AstraError('store_unavailable', { reason: 'gone' })
    await step(0)
    assert.match(told[0] ?? '', /^drift could not be looked at spam@v1 .*gone/)
    state.fault = undefined
    await step(60_000)
    assert.equal(state.looks, 1)
  })

  it('lets old hours go once an hour, but for references of what is deployed', async () => {
    const world = watching()
    await world.step(0)
    await world.step(3_599_999)
    assert.equal(world.swept.length, 1)
    await world.step(1)
    assert.equal(world.swept.length, 2)
    const before = noon / 3_600_000 - 90 * 24
    const versions = ['0.9', '1.0', '1.1']
    assert.deepEqual(world.swept[0], { before, kept: [{ model: 'spam', major: 1, versions }] })
    world.state.leap = 100 * 86_400_000
    await world.step(3_600_000)
    assert.equal(world.swept.length, 2, 'the clock leapt')
    world.state.leap = 0
    await world.step(1)
    assert.equal(world.swept.length, 3)
    const days = watching(catalogWith({ ...policy, reference: { from: '2026-11-01', to: '2026-11-01' } }))
    await days.step(0)
    const from = Date.UTC(2026, 10, 1) / 3_600_000
    assert.deepEqual(days.swept[0]?.kept, [{ model: 'spam', major: 1, versions, reference: { from, to: from + 24 } }])
  })
})
