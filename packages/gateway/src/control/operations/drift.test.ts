import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DriftPolicy } from '../../kernel/contract-policies.ts'
import { countValue, emptySketch } from '../../kernel/drift.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { fakeCatalog, noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

const input = { model: 'spam', major: 'v1' }
const policy: DriftPolicy = {
  windowMs: 3_600_000,
  first: 100,
  features: {
    length: { of: 'input', at: '/text', as: 'length' },
    label: { of: 'output', at: '/label', as: 'category' },
  },
}

/** A platform whose model spam declares drift. */
async function platformWith(drift: DriftPolicy) {
  const platform = await fakePlatform()
  const { spam } = fakeCatalog.state.models
  const contract = spam?.contracts[1]
  if (!spam || !contract) return assert.fail()
  const models = { spam: { ...spam, contracts: { 1: { ...contract, drift } } } }
  const state = { models, consumers: {} }
  const catalog = buildCatalog({ revision: 7, time: noon, state, digests: {} }, platform.ports.clock)
  Object.assign(platform.ports.catalogControl, { current: () => catalog })
  return platform
}

function sums(version: string, first: boolean, lengths: readonly (number | undefined)[], labels: readonly string[]) {
  const [length, label] = [emptySketch('numbers'), emptySketch('categories')]
  for (const value of lengths) countValue(length, value)
  for (const value of labels) countValue(label, value)
  return [
    { version, first, feature: 'input/text length', sketch: length },
    { version, first, feature: 'output/label category', sketch: label },
  ]
}

test('drift is told with what was counted on both sides, the test and its threshold', async () => {
  const { run, driftSums, driftDrops } = await platformWith(policy)
  const labels = (spam: number) => Array.from({ length: 200 }, (_, i) => (i < spam ? 'spam' : 'ham'))
  const lengths = (from: number) => Array.from({ length: 200 }, (_, i) => (i < 2 ? undefined : from + i))
  driftSums.push(...sums('1.0', true, lengths(0), labels(60)), ...sums('1.0', false, lengths(5000), labels(61)))
  driftDrops.push(
    { model: 'spam', major: 1, reason: 'form', calls: 3 },
    { model: 'digits', major: 1, reason: 'full', calls: 9 },
  )
  const { output } = await run('getDrift', input)
  const { versions, ...rest } = output
  assert.deepEqual(rest, {
    ...{ model: 'spam', major: 'v1', leftOut: 0, dropped: { form: 3 }, pairs: [] },
    declared: { windowMs: 3_600_000, first: 100 },
    asOf: '2026-11-22T12:00:00.000Z',
    from: '2026-11-22T11:00:00.000Z',
    to: '2026-11-22T13:00:00.000Z',
    features: ['length', 'label'],
  })
  const [{ features = [], ...version } = {}, ...others] = versions as readonly {
    features?: readonly Record<string, unknown>[]
  }[]
  assert.equal(others.length, 0)
  assert.deepEqual(version, { version: '1.0', outcome: 'drifted', share: 0.5, drifted: ['length'], unknown: [] })
  const [length, label] = features
  assert.deepEqual([length?.outcome, length?.test, length?.threshold], ['drifted', 'kolmogorov-smirnov', 0.0005])
  const { p50, p95, ...counted } = (length?.reference ?? {}) as Record<string, number>
  assert.deepEqual(counted, { values: 198, missing: 2, mean: 100.5 })
  assert.ok(Math.abs((p50 ?? 0) - 100) <= 1.01 && Math.abs((p95 ?? 0) - 190) <= 2, `${p50} ${p95}`)
  assert.deepEqual([label?.outcome, label?.test], ['stable', 'two-proportions'])
  assert.deepEqual(label?.current, {
    values: 200,
    top: [
      { value: 'ham', share: 0.695 },
      { value: 'spam', share: 0.305 },
    ],
  })
})

test('a contract that declares no drift, or has no calls yet, is told as such', async () => {
  const { run } = await fakePlatform()
  const nothing = { ...input, features: [], leftOut: 0, versions: [], pairs: [], dropped: {} }
  assert.deepEqual((await run('getDrift', input)).output, nothing)
  const days = { from: '2026-11-01', to: '2026-11-02' }
  const { output } = await (await platformWith({ ...policy, reference: days })).run('getDrift', input)
  assert.deepEqual(output.declared, { windowMs: 3_600_000, referenceFrom: days.from, referenceTo: days.to })
  assert.deepEqual(output.versions, [])
  await assert.rejects(run('getDrift', { ...input, model: 'spma' }), { code: 'unknown_model' })
  await assert.rejects(run('getDrift', { ...input, major: 'v9' }), { code: 'unknown_major' })
})

test('versions of the same time stand beside the one with most of the traffic', async () => {
  const { run, driftSums } = await platformWith(policy)
  driftSums.push(...sums('1.0', false, [1], ['ham']), ...sums('1.1', false, [1], ['ham']))
  const { output } = await run('getDrift', input)
  assert.equal(output.against, '1.1')
  const [pair, ...others] = output.pairs as readonly { version: string; unknown: readonly string[] }[]
  assert.deepEqual([pair?.version, pair?.unknown, others], ['1.0', ['length', 'label'], []])
})
