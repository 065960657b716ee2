import { type DriftSketch, driftMeasures, sketchQuantile } from '@astraapi/statistics'
import Type from 'typebox'
import { type Feature, hourMs, rowsOf } from '../../kernel/drift.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { FeatureDrift, VersionDrift } from '../drift/evaluate-drift.ts'
import { modelFor } from './bound-models.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, count, isoTime, listOf, majorText, mapOf, milliseconds, text, time } from './schemas.ts'

const outcome = choice(['drifted', 'stable', 'unknown'])
const tests = [
  'kolmogorov-smirnov',
  'chi-square',
  'two-proportions',
  'fisher-exact',
  'wasserstein',
  'jensen-shannon',
] as const
const names = (description: string) => listOf(Type.String(), { description })
const topMax = 5

const values = closed({
  values: Type.Integer({ minimum: 0, description: 'Counted; those that were missing are not among numbers' }),
  missing: Type.Optional(count),
  mean: Type.Optional(Type.Number()),
  p50: Type.Optional(Type.Number({ description: 'Within 1 %, as all quantiles' })),
  p95: Type.Optional(Type.Number()),
  top: Type.Optional(
    listOf(closed({ value: Type.String(), share: Type.Number({ minimum: 0, maximum: 1 }) }), {
      description: 'Of categories the most frequent, at most five',
    }),
  ),
})

const feature = closed({
  name: Type.String(),
  outcome,
  reason: Type.String({ description: 'Why, for people' }),
  test: Type.Optional(choice(tests)),
  value: Type.Optional(Type.Number({ description: 'Of a test its p-value, of the two distances the distance' })),
  threshold: Type.Optional(Type.Number({ description: 'Drifted below it (p-value), or from it on (distance)' })),
  populationStability: Type.Optional(Type.Number({ description: 'PSI, for charts; not what decides' })),
  reference: Type.Optional(values),
  current: Type.Optional(values),
})

const compared = {
  version: Type.String(),
  outcome: choice(['drifted', 'stable', 'unknown'], {
    description: 'Of all features together: drifted where at least half of those that can be judged are',
  }),
  share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the features that can be judged those that drifted' }),
  drifted: names('Features'),
  unknown: names('Features of which there is too little to say'),
  features: listOf(feature),
}

export function driftOperations({ catalogControl, drift }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getDrift',
      summary:
        "Whether a contract's latest inputs and outputs differ from those of its reference, by feature and version, and from one version to another",
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/models/{model}/{major}/drift',
      input: closed({ model: text('Name of the model', 64), major: majorText }),
      output: closed({
        model: Type.String(),
        major: majorText,
        declared: Type.Optional(
          closed({
            windowMs: milliseconds,
            referenceFrom: Type.Optional(Type.String({ description: 'First day (UTC)' })),
            referenceTo: Type.Optional(Type.String({ description: 'Last day (UTC)' })),
            first: Type.Optional(
              Type.Integer({ description: 'Where no days are declared: first values of a version' }),
            ),
          }),
        ),
        asOf: Type.Optional({
          ...time,
          description: 'When it was looked: a look that takes long is kept, for a minute at most',
        }),
        from: Type.Optional(time),
        to: Type.Optional(time),
        features: names('What is watched'),
        leftOut: Type.Integer({ minimum: 0, description: 'Features that the schemas would give beyond those' }),
        versions: listOf(closed(compared), { description: 'Each against its own reference' }),
        against: Type.Optional(Type.String({ description: 'The version that `pairs` are held against' })),
        pairs: listOf(closed(compared), {
          description: 'Versions that answered in the same hours, each against that one: reference is its part',
        }),
        dropped: mapOf(count, {
          description: 'Calls of which something was not counted, since this gateway started: full, too-large or form',
        }),
      }),
      run: async ({ model, major }, { caller }) => {
        const contract = modelFor(caller, model, catalogControl.current()).contracts.get(Number(major.slice(1)))
        if (!contract) throw new AstraError('unknown_major', { detail: `${model} has no ${major}` })
        const { found, asOf } = await drift.looks.of(contract)
        const drops = drift.drops().filter((one) => one.model === model && one.major === contract.major)
        const dropped = Object.fromEntries(drops.map(({ reason, calls }) => [reason, calls]))
        if (!found) return { model, major, features: [], leftOut: 0, versions: [], pairs: [], dropped }
        const { policy, window, features, leftOut, versions, pairs, base } = found
        const { reference, first, windowMs } = policy
        return {
          ...{ model, major, leftOut, dropped },
          declared: {
            windowMs,
            ...(reference ? { referenceFrom: reference.from, referenceTo: reference.to } : { first }),
          },
          asOf: isoTime(asOf),
          from: isoTime(window.from * hourMs),
          to: isoTime(window.to * hourMs),
          features: features.map(({ name }) => name),
          versions: toldOnce(versions),
          ...(base !== undefined && pairs.length > 0 ? { against: base } : {}),
          pairs: toldOnce(pairs),
        }
      },
    }),
  ]
}

/** A look is shared by all who ask meanwhile: what its figures come to takes some 40 ms of the 32 features that may be. */
const toldLooks = new WeakMap<readonly VersionDrift[], ReturnType<typeof told>[]>()

function toldOnce(compared: readonly VersionDrift[]) {
  const known = toldLooks.get(compared) ?? compared.map(told)
  toldLooks.set(compared, known)
  return known
}

function told({ version, features, ofMany: { outcome, share, drifted, unknown } }: VersionDrift) {
  return { version, outcome, share, drifted, unknown, features: features.map(toldFeature) }
}

function toldFeature({ feature, found, reference, current }: FeatureDrift) {
  const { name } = feature
  const { outcome, reason } = found
  const measures = reference && current && driftMeasures(reference, current)
  return {
    ...{ name, outcome, reason },
    ...(found.outcome === 'unknown' ? {} : { test: found.test, value: found.value, threshold: found.threshold }),
    ...(measures ? { populationStability: measures.populationStability } : {}),
    ...(reference ? { reference: valuesOf(reference, feature) } : {}),
    ...(current ? { current: valuesOf(current, feature) } : {}),
  }
}

function valuesOf(sketch: DriftSketch, { shown }: Feature) {
  if (sketch.kind === 'numbers') {
    const { count, missing, mean } = sketch
    if (count === 0) return { values: 0, missing }
    const [p50, p95] = [sketchQuantile(sketch, 0.5), sketchQuantile(sketch, 0.95)]
    // A mean of what stands for numbers stands for none.
    return { values: count, missing, ...(shown ? { p50: shown(p50), p95: shown(p95) } : { mean, p50, p95 }) }
  }
  const rows = rowsOf(sketch)
  const shares = sketch.names.map((value, at) => ({ value, share: (sketch.counts[at] ?? 0) / rows }))
  return { values: rows, top: shares.sort((a, b) => b.share - a.share).slice(0, topMax) }
}
