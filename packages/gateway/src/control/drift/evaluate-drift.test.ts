import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '../../journey/dispatch/testing/seeded-random.ts'
import type { DriftPolicy } from '../../kernel/contract-policies.ts'
import {
  addSketch,
  countValue,
  type DriftQuery,
  type DriftSum,
  emptySketch,
  hourMs,
  valuesIn,
} from '../../kernel/drift.ts'
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

/** Adds up as a store does. */
function reportsOf(all: readonly Row[]) {
  const asked: DriftQuery[] = []
  const isShared = ({ version, hour, feature }: Row, [a, b]: readonly [string, string]) => {
    const other = version === a ? b : a
    const isOther = (row: Row) => row.version === other && row.hour === hour && row.feature === feature
    return (version === a || version === b) && all.some(isOther)
  }
  const sums = async (query: DriftQuery) => {
    asked.push(query)
    const { from, to, first, both } = query
    const rows = all.filter((row) => row.hour >= from && row.hour < to && row.first === (first ?? row.first))
    const found = new Map<string, DriftSum>()
    for (const row of rows.filter((row) => !both || isShared(row, both))) {
      const key = `${row.version} ${row.feature}`
      const known = found.get(key)
      if (known) addSketch(known.sketch, row.sketch)
      else found.set(key, structuredClone(row))
    }
    return [...found.values()]
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
    assert.deepEqual([length.found.test, length.found.threshold], ['kolmogorov-smirnov', 0.001])
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
      [[at('2026-11-21'), at('2026-11-23')], [hour + 1, hour + 1]], // biome-ignore format: ranges
    )
    const later = noon + 20 * hourMs
    await evaluateDrift(contractWith({ ...usual, reference }), { sums }, later)
    assert.deepEqual([asked[3]?.from, asked[3]?.to], [at('2026-11-23'), later / hourMs + 1])
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
    assert.equal(
      pairs[0]?.features[0]?.found.reason,
      'too few to say: 150 values of 1.1 and 20 of 1.0 in the hours of both, of 100 in each',
    )
  })

  it('holds versions against each other in those hours alone in which both answered', async () => {
    const { pairs } = await found(usual, [
      ...rows('1.1', hour - 2, 400, { mean: 900 }),
      ...rows('1.1', hour, 150),
      ...rows('1.0', hour, 200),
      ...rows('1.0', hour - 3, 200, { mean: 500 }),
    ])
    const [length] = pairs[0]?.features ?? []
    assert.equal(length?.found.outcome, 'stable')
    assert.deepEqual(
      [length?.reference && valuesIn(length.reference), length?.current && valuesIn(length.current)],
      [150, 200],
    )
    const { pairs: apart } = await found(usual, [...rows('1.1', hour - 1, 150), ...rows('1.0', hour, 150)])
    const [none] = apart[0]?.features ?? []
    assert.equal(
      none?.found.reason,
      'too few to say: 0 values of 1.1 and 0 of 1.0 in the hours of both, of 100 in each',
    )
  })

  it('finds that a number stops coming, and takes the first values for those that are there', async () => {
    const sparse = (at: number, values: number, missing: number, first = false): Row[] => {
      const sketch = emptySketch('numbers')
      for (let i = 0; i < values + missing; i++) countValue(sketch, i < values ? i : undefined)
      return [{ version: '1.0', hour: at, first, feature: 'input/text length', sketch }]
    }
    const of = async (all: readonly Row[]) => {
      const [length] =
        (await found({ ...usual, features: { length: features.length } }, all)).versions[0]?.features ?? []
      return `${length?.found.outcome}: ${length?.found.reason}`
    }
    const stopped = await of([...sparse(5, 100, 0, true), ...sparse(hour, 3, 197)])
    assert.match(stopped, /^drifted: missing values, z-test of two shares: p = .*, below 0\.001$/)
    const rare = await of([...sparse(5, 100, 1900, true), ...sparse(hour, 20, 380)])
    assert.equal(rare, 'unknown: too few to say: 100 values in the reference and 20 now, of 100 in each')
    assert.match(await of([...sparse(5, 100, 1900, true), ...sparse(hour, 100, 1900)]), /^stable/)
    const filling = await of([...sparse(5, 99, 901, true), ...sparse(hour, 100, 900)])
    assert.equal(filling, 'unknown: too few to say: 99 of the first 100 values are there')
  })

  it('has a false alarm on about one day in a hundred, however often one looks', async () => {
    const uniform = seededRandom(5)
    const perHour = 20
    const days = { alarms: 0, all: 0 }
    const contract = contractWith({ ...usual, features: { length: features.length } })
    const hourly = (at: number, count: number, first: boolean): Row => {
      const sketch = emptySketch('numbers')
      for (let i = 0; i < count; i++) countValue(sketch, 100 * 1.05 ** Math.floor(100 * uniform()))
      return { version: '1.0', hour: at, first, feature: 'input/text length', sketch }
    }
    for (let start = 0; start < 60; start++) {
      const all = [hourly(0, 300, true)]
      for (let at = 1; at < 24; at++) all.push(hourly(at, perHour, false))
      for (let day = 1; day <= 3; day++) {
        let alarm = false
        for (let at = 24 * day; at < 24 * day + 24; at++) {
          all.push(hourly(at, perHour, false))
          const told = await evaluateDrift(contract, reportsOf(all), (at + 1) * hourMs - 1)
          if (told?.versions[0]?.features[0]?.found.outcome === 'drifted') alarm = true
        }
        days.all++
        if (alarm) days.alarms++
      }
    }
    assert.ok(days.alarms / days.all < 0.03, `${days.alarms} of ${days.all}`)
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
