import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DriftPolicy } from '../../kernel/catalog.ts'
import { countValue, type DriftQuery, type DriftSum, emptySketch, hourMs } from '../../kernel/drift.ts'
import { fakeCatalog, noon } from '../operations/fake-catalog.ts'
import { type DriftContract, evaluateDrift } from './evaluate-drift.ts'

const features = {
  length: { of: 'input', at: '/text', as: 'length' },
  label: { of: 'output', at: '/label', as: 'category' },
} as const
const usual: DriftPolicy = { windowMs: 24 * hourMs, first: 100, features }

function contractWith(drift: DriftPolicy | undefined, over: Partial<DriftContract> = {}): DriftContract {
  const contract = fakeCatalog.model('spam')?.contracts.get(1) ?? assert.fail()
  const { model, major, task, published, versions, split } = contract
  return { model, major, task, published, versions, split, drift, ...over }
}

interface Row extends DriftSum {
  readonly hour: number
  readonly first: boolean
}

/** Lengths around `mean`, and so many of a hundred labels that are spam. */
function rows(
  version: string,
  hour: number,
  count: number,
  over: { mean?: number; spam?: number; first?: boolean } = {},
) {
  const { mean = 100, spam = 30, first = false } = over
  const [lengths, labels] = [emptySketch('numbers'), emptySketch('categories')]
  for (let i = 0; i < count; i++) {
    countValue(lengths, mean + (i % 50))
    countValue(labels, i % 100 < spam ? 'spam' : 'ham')
  }
  return [
    { version, hour, first, feature: 'input/text length', sketch: lengths },
    { version, hour, first, feature: 'output/label category', sketch: labels },
  ]
}

/** One row for each version and feature is in the hours that are asked for. */
function reportsOf(all: readonly Row[]) {
  const asked: DriftQuery[] = []
  const sums = async (query: DriftQuery) => {
    asked.push(query)
    const { from, to, first } = query
    return all.filter((row) => row.hour >= from && row.hour < to && row.first === (first ?? row.first))
  }
  return { asked, sums }
}

const now = noon + 1
const hour = noon / hourMs

async function found(policy: DriftPolicy, all: readonly Row[], over: Partial<DriftContract> = {}) {
  const told = (await evaluateDrift(contractWith(policy, over), reportsOf(all), now)) ?? assert.fail()
  const outcomes = ({ version, features }: (typeof told.versions)[number]) =>
    features.map(({ feature, found }) => `${version} ${feature.name}: ${found.outcome}`)
  return { ...told, outcomes: told.versions.flatMap(outcomes), paired: told.pairs.flatMap(outcomes) }
}

describe('drift of a contract', () => {
  it('is nothing where none is declared', async () => {
    assert.equal(await evaluateDrift(contractWith(undefined), reportsOf([]), now), undefined)
  })

  it('holds the window against the first values, feature by feature', async () => {
    const reference = rows('1.0', 5, 100, { first: true })
    const { outcomes, versions } = await found(usual, [...reference, ...rows('1.0', hour, 300, { mean: 300 })])
    assert.deepEqual(outcomes, ['1.0 length: drifted', '1.0 label: stable'])
    const [length, label] = versions[0]?.features ?? []
    assert.ok(length?.found.outcome === 'drifted' && label?.found.outcome === 'stable')
    assert.deepEqual([length.found.test, length.found.threshold], ['kolmogorov-smirnov', 0.005])
    assert.equal(label.found.test, 'two-proportions')
    assert.deepEqual(versions[0]?.ofMany.drifted, ['length'])
  })

  it('says with figures that there is too little to say', async () => {
    const reasons = async (all: readonly Row[], policy = usual) =>
      (await found(policy, all)).versions.map(({ features }) => features[0]?.found.reason)
    assert.deepEqual(await reasons(rows('1.0', 5, 41, { first: true })), [
      'too few to say: 41 of the first 100 values are there',
    ])
    assert.deepEqual(await reasons([...rows('1.0', 5, 100, { first: true }), ...rows('1.0', hour, 99)]), [
      'too few to say: 100 values in the reference and 99 now, of 100 in each',
    ])
    const days = { ...usual, reference: { from: '2026-11-01', to: '2026-11-02' } }
    assert.deepEqual(await reasons(rows('1.0', hour, 200), days), [
      'no values in the reference, 2026-11-01 to 2026-11-02',
    ])
  })

  it('holds the window against declared days, both included, and never takes their hours for the present', async () => {
    const reference = { from: '2026-11-21', to: '2026-11-22' }
    const at = (iso: string) => Date.parse(iso) / hourMs
    const { asked, sums } = reportsOf([])
    await evaluateDrift(contractWith({ ...usual, reference }), { sums }, now)
    assert.deepEqual(
      asked.map(({ from, to }) => [from, to]),
      [[at('2026-11-21'), at('2026-11-23')], [hour + 1, hour + 1], [hour + 1, hour + 1]], // biome-ignore format: ranges
    )
    const later = noon + 20 * hourMs
    await evaluateDrift(contractWith({ ...usual, reference }), { sums }, later)
    assert.deepEqual([asked[4]?.from, asked[4]?.to], [at('2026-11-23'), later / hourMs + 1])
    const { outcomes } = await found({ ...usual, reference: { from: '2026-11-20', to: '2026-11-20' } }, [
      ...rows('1.0', at('2026-11-20T23:00:00Z'), 200),
      ...rows('1.0', hour, 200, { spam: 60 }),
    ])
    assert.deepEqual(outcomes, ['1.0 length: stable', '1.0 label: drifted'])
  })

  it('holds versions of the same time against the one with most of the traffic, first values and all', async () => {
    const all = [
      ...rows('1.1', hour, 150),
      ...rows('1.0', hour, 200, { spam: 80, first: true }),
      ...rows('0.8', hour, 200, { spam: 90 }),
    ]
    const { paired, base, outcomes } = await found(usual, all)
    assert.equal(base, '1.1', 'it has three quarters')
    assert.deepEqual(paired, ['1.0 length: stable', '1.0 label: drifted'], 'what is not deployed is left out')
    assert.deepEqual(outcomes, [
      '1.0 length: unknown',
      '1.0 label: unknown',
      '1.1 length: unknown',
      '1.1 label: unknown',
    ])
    const { pairs } = await found(usual, [...rows('1.1', hour, 150), ...rows('1.0', hour, 20)])
    assert.equal(pairs[0]?.features[0]?.found.reason, 'too few to say: 150 values of 1.1 and 20 of 1.0, of 100 in each')
  })

  it('holds them against the control of an experiment where there is one', async () => {
    const contract = contractWith(usual)
    const control = contract.versions.get('1.0') ?? assert.fail()
    const experiment = { name: 'x', epoch: 1, coverage: 1, paused: false, cached: false, attributionMs: 1, control }
    const { base, paired } = await found(usual, [...rows('1.1', hour, 150), ...rows('1.0', hour, 150)], { experiment })
    assert.equal(base, '1.0')
    assert.deepEqual(paired, ['1.1 length: stable', '1.1 label: stable'])
  })
})
