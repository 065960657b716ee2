import fc from 'fast-check'
import type { Price } from '../../../kernel/catalog-state.ts'
import { fits } from '../../../kernel/schema/explain.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { diceOf, randomSchema, randomValue } from '../../../kernel/schema/testing/random-schema.ts'
import type { ManifestCapture } from '../../manifest/capture.ts'
import type { ManifestDrift } from '../../manifest/drift.ts'
import type { Manifest, ManifestContract, ManifestVersion } from '../../manifest/manifest.ts'
import { randomExperiments, randomMetrics, randomRules, randomShadow } from './random-experiments.ts'
import { randomlyJudged } from './random-judges.ts'
import { randomCache, randomConsumer, randomIssuers, randomLimits, randomTeam } from './random-policies.ts'

/** Manifests without faults, of every task, and the additive changes that people make to them. */
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
  fc.constantFrom('yes', '1.10', 'null', '2026-11-01', ' a: b # c', '- x', '*a', 'a\n\n  b\n', '%YAML', '"', "'", '\t'),
)

const name = fc.constantFrom('spam', 'constructor', 'a-1', 'b', 'support-chat')
const majors = ['v1', 'v2', 'v10'] as const
const versionIds = ['1', '2', '1.0', '1.10', '1.9-rc', 'constructor', '0x1', '1e3'] as const

const numbers = fc.record({
  type: fc.constant('number' as const),
  minimum: fc.double({ noNaN: true, min: -1e3, max: 1e3 }),
})
const object: fc.Arbitrary<Schema> = fc.integer().map((seed) => {
  const dice = diceOf(seed)
  return { type: 'object', properties: { a: randomSchema(dice, 2), 'b/~c': randomSchema(dice, 1) }, required: ['a'] }
})
const vector = numbers.map((items): Schema => ({ type: 'object', properties: { v: { type: 'array', items } } }))
/** The records that fast-check makes by default have every key. */
const some = { requiredKeys: [] }

const taskFields: fc.Arbitrary<Partial<ManifestContract>> = fc.oneof(
  fc.record(
    { task: fc.constantFrom('chat' as const, 'completion' as const), streams: fc.boolean() },
    { requiredKeys: ['task'] },
  ),
  fc.record({ task: fc.constant('regression' as const), input: vector }, { requiredKeys: ['task'] }),
  fc.record(
    { task: fc.constant('embedding' as const), dimensions: fc.integer({ min: 1, max: 999 }) },
    { requiredKeys: ['task'] },
  ),
  fc.record(
    {
      task: fc.constant('classification' as const),
      labels: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
      input: object,
    },
    { requiredKeys: ['task'] },
  ),
  fc.record({ input: object, output: object }),
  fc.record({ input: object, output: object, chunk: object, streams: fc.constant(true) }),
)

const duration = fc.oneof(
  fc.integer({ min: 1, max: 3_600_000 }).map((ms) => `${ms}ms`),
  fc.constantFrom('30s', '60s', '120s', '10m', '1.5m'),
)
const limits = fc.record(
  {
    body: fc.oneof(fc.integer({ min: 1, max: 2 ** 30 }), fc.constantFrom('64KiB', '1.5MiB')),
    items: fc.integer({ min: 1, max: 100_000 }),
    timeout: duration,
    firstByte: duration,
    idle: duration,
    inFlight: fc.integer({ min: 1, max: 1_000_000 }),
    queue: fc.integer({ min: 1, max: 1_000_000 }),
    outputTokens: fc.integer({ min: 1, max: 10_000_000 }),
    whenUnavailable: fc.constantFrom('open' as const, 'closed' as const),
  },
  some,
)
const deprecated = fc.constantFrom({ since: '2026-11-01' }, { since: '2026-11-01', sunset: '2027-01-01' })
const capture = fc.constantFrom<ManifestCapture>(
  'redacted',
  'full',
  { payload: 'redacted' },
  { payload: 'full', share: 0.25, keep: '30d' },
  { payload: 'redacted', share: 1, keep: '90m', redact: ['/input', '/output'] },
)
const drift = fc.constantFrom<ManifestDrift>(
  {},
  { window: '6h' },
  { window: '30d', reference: { first: 500 } },
  { reference: { from: '2026-11-01', to: '2026-11-08' } },
)
const commonFields = fc.record(
  { description: text, limits, deprecated, cache: randomCache, capture, drift, metrics: randomMetrics },
  some,
)

const version: fc.Arbitrary<ManifestVersion> = fc.record(
  { backend: fc.constant('echo'), words: text, answer: fc.jsonValue(), limits: randomLimits },
  { requiredKeys: ['backend'] },
)
/** Retired or not is settled with the others, as a successor must be live. */
const versions = fc
  .tuple(fc.dictionary(fc.constantFrom(...versionIds), version, { minKeys: 1 }), fc.nat(3), fc.boolean())
  .map(([all, live, named]) => {
    const ids = Object.keys(all)
    const successor = ids[live]
    const retired = named && successor !== undefined ? { successor } : {}
    return Object.fromEntries(
      Object.entries(all).map(([id, one], i) => [id, i < live || id === successor ? one : { ...one, retired }]),
    )
  })

const contract: fc.Arbitrary<ManifestContract> = fc
  .record({
    task: taskFields,
    common: commonFields,
    versions,
    weight: fc.nat(9),
    declared: fc.boolean(),
    fallbacks: fc.option(fc.nat(4), { nil: undefined }),
    hedge: fc.option(fc.record({ after: duration, share: fc.double({ min: 1e-6, max: 1, noNaN: true }) }), {
      nil: undefined,
    }),
    rules: fc.option(randomRules, { nil: undefined }),
    shadow: fc.option(randomShadow, { nil: undefined }),
    seed: fc.integer(),
  })
  .map(({ task, common, versions, weight, declared, fallbacks, hedge, rules, shadow, seed }) => {
    const live = Object.keys(versions).filter((id) => !versions[id]?.retired)
    const weights = Object.fromEntries(live.map((id, i) => [id, i === 0 ? 1.5 : weight]))
    const traffic = {
      ...(declared && live.length > 0 ? { weights } : {}),
      ...(fallbacks === undefined ? {} : { fallback: live.toReversed().slice(0, fallbacks) }),
      ...(hedge ? { hedge } : {}),
      ...(rules && live.length > 0 ? { rules: rules(live) } : {}),
      ...(shadow && live.length > 0 ? { shadow: shadow(live) } : {}),
    }
    const split = Object.keys(traffic).length > 0 ? { traffic } : {}
    return { ...task, ...common, ...examplesOf(task.input, seed), versions, ...split }
  })

function examplesOf(input: Schema | undefined, seed: number): Pick<ManifestContract, 'examples'> {
  if (!input) return {}
  const value = randomValue(diceOf(seed), input)
  return fits(input, value) ? { examples: [{ input: value }] } : {}
}

const model = fc
  .tuple(
    fc.record({ owner: text, description: text, limits: randomLimits }, { requiredKeys: ['owner'] }),
    fc.dictionary(fc.constantFrom(...majors), contract, { minKeys: 1 }),
    fc.nat(5),
  )
  .map(([fields, contracts, choice]) => {
    const major = Object.keys(contracts)[choice]
    return { ...fields, contracts, ...(major === undefined ? {} : { default: major }) }
  })

const usd = fc.oneof(fc.constantFrom(0, 0.15, 1e6), fc.double({ min: 0, max: 100, noNaN: true }).map(Math.abs))
const price = fc
  .tuple(
    fc.record({ input: usd, cachedInput: usd, cacheWriteInput: usd, output: usd, reasoning: usd }, some),
    usd,
    fc.constantFrom('2026-01-01', '2025-12-31', '2026-11-23'),
  )
  .map(([parts, items, from]): Price => ({ ...parts, from, items }))
const upstreamModel = fc.constantFrom('openai/gpt-4o-mini', 'constructor', '8', 'local model: "a" # b', 'Ä/é.b-1')

/** Teams are named by themselves, and consumers may be of one; the rest stands for itself. */
const parts = fc.dictionary(name, randomTeam).chain((teams) =>
  fc.record({
    teams: fc.constant(teams),
    prices: fc.dictionary(
      upstreamModel,
      fc.uniqueArray(price, { minLength: 1, maxLength: 3, selector: ({ from }) => from }),
    ),
    models: fc.dictionary(name, model, { maxKeys: 3 }),
    consumers: fc.dictionary(name, randomConsumer(Object.keys(teams))),
    issuers: randomIssuers(Object.keys(teams)),
  }),
)

/** Experiments are of versions that there are. */
export const randomManifest: fc.Arbitrary<Manifest> = parts
  .chain((manifest) => randomExperiments(manifest.models).map((experiments) => ({ ...manifest, experiments })))
  .chain(randomlyJudged)

/** The same with a field more in each output of its own, and a version more that brings it. */
export function extended({ models, ...rest }: Manifest, round: number): Manifest {
  const grow = (contract: ManifestContract): ManifestContract => {
    const { output, versions } = contract
    if (!output || !isJsonObject(output.properties)) return contract
    const properties = { ...output.properties, [`more${round}`]: { type: 'string' as const } }
    return {
      ...contract,
      output: { ...output, properties },
      versions: { ...versions, [`9.${round}`]: { backend: 'echo' } },
    }
  }
  const of = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
  return { ...rest, models: of(models, (model) => ({ ...model, contracts: of(model.contracts, grow) })) }
}
