import { bernoulliInterval, mergeMoments } from '@astraapi/statistics'
import Type from 'typebox'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { ShadowSide, ShadowSums } from '../../kernel/shadow.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, majorText, mapOf, milliseconds, text, time, usd } from './schemas.ts'
import { modelOf } from './unknown.ts'

/** Of the share of answers that agree: 95 %, however often it is looked at, and narrowest at so many. */
const interval = { alpha: 0.05, expectedValues: 1000 }

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const side = closed({
  latencyMeanMs: milliseconds,
  costUsd: usd('of those that have a price'),
  unpriced: Type.Integer({ minimum: 0, description: 'Those that asked a model without a price' }),
})

const sums = {
  served: Type.String({ description: 'The version that answered' }),
  shadow: Type.String({ description: 'The version whose answers were not served' }),
  answered: Type.Integer({ minimum: 0, description: 'Copies that the shadow answered' }),
  compared: count,
  agreed: count,
  agreement: Type.Optional(
    closed({
      share: share('Of the compared answers those that agree'),
      lower: share('95 % interval, valid at any time'),
      upper: share('Its upper end'),
    }),
  ),
  distance: Type.Optional(
    closed({
      mean: share('0: the same; 1: as far apart as can be'),
      deviation: Type.Number({ minimum: 0, description: 'Standard deviation' }),
    }),
  ),
  measures: mapOf(count, { description: 'By what answers were compared: label, number, vector, text or json' }),
  skipped: mapOf(count, { description: 'Answered and not compared, by reason: too-large or form' }),
  failed: mapOf(count, { description: 'Copies that the shadow did not answer, by error code' }),
  dropped: mapOf(count, {
    description: 'Calls of the share that were not copied, by reason: full, too-large, limits or unasked',
  }),
  ofServed: Type.Optional(side),
  ofShadow: Type.Optional(side),
}

const disagreement = closed({
  call: Type.String({ description: 'Id of the call that was answered' }),
  copy: Type.String({ description: 'Id of its copy' }),
  served: Type.String(),
  shadow: Type.String(),
  time,
  measure: Type.String(),
  distance: share('0 to 1'),
})

export function shadowOperations({ catalogControl, shadow }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getShadowReport',
      summary:
        "How a contract's shadow version compares with those that serve: agreement, distance, latency, cost, failures and what was dropped; of this gateway alone, since it started",
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/models/{model}/{major}/shadow',
      input: closed({ model: text('Name of the model', 64), major: majorText }),
      output: closed({
        model: Type.String(),
        major: majorText,
        shadow: Type.Optional(
          closed({ version: Type.String(), share: share('Of the served calls those that are copied') }),
        ),
        pairs: listOf(closed(sums), { description: 'By the two versions, all days together' }),
        days: listOf(closed({ ...sums, day: Type.String({ description: 'UTC, "2026-01-31"' }) }), {
          description: 'The same by day, the oldest first',
        }),
        disagreements: listOf(disagreement, { description: 'The latest 50, the newest first' }),
      }),
      run: async ({ model, major }) => {
        const contract = modelOf(catalogControl.current(), model).contracts.get(Number(major.slice(1)))
        if (!contract) throw new AstraError('unknown_major', { detail: `${model} has no ${major}` })
        const ofContract = (one: { readonly major: number }) => one.major === contract.major
        const days = shadow.sums(model).filter(ofContract)
        const declared = contract.shadow
        return {
          model,
          major,
          ...(declared ? { shadow: { version: declared.version.id, share: declared.share } } : {}),
          pairs: pairsOf(days).map(told),
          days: days.map((one) => ({ ...told(one), day: one.day })),
          disagreements: shadow
            .disagreements(model)
            .filter(ofContract)
            .map(({ call, copy, served, shadow, time, measure, distance }) => {
              return { call, copy, served, shadow, time: isoTime(time), measure, distance }
            }),
        }
      },
    }),
  ]
}

/** All days together. */
function pairsOf(days: readonly ShadowSums[]): readonly ShadowSums[] {
  const pairs = new Map<string, ShadowSums>()
  for (const one of days) {
    const key = `${one.served} ${one.shadow}`
    const known = pairs.get(key)
    pairs.set(key, known ? together(known, one) : one)
  }
  return [...pairs.values()]
}

function together(a: ShadowSums, b: ShadowSums): ShadowSums {
  return {
    ...a,
    dropped: added(a.dropped, b.dropped),
    failed: added(a.failed, b.failed),
    skipped: added(a.skipped, b.skipped),
    measures: added(a.measures, b.measures),
    answered: a.answered + b.answered,
    compared: a.compared + b.compared,
    agreed: a.agreed + b.agreed,
    distance: mergeMoments({ n: a.compared, ...a.distance }, { n: b.compared, ...b.distance }),
    ofServed: added(a.ofServed, b.ofServed),
    ofShadow: added(a.ofShadow, b.ofShadow),
  }
}

/** Of the same numbers by their names; one that a side does not have is 0 there. */
function added<T extends object>(a: T, b: T): T {
  const sums = new Map<string, number>(Object.entries(a))
  for (const [name, value] of Object.entries(b)) sums.set(name, (sums.get(name) ?? 0) + value)
  return Object.fromEntries(sums) as T
}

function told({ ofServed, ofShadow, distance, ...one }: ShadowSums) {
  const { served, shadow, answered, compared, agreed, measures, skipped, failed, dropped } = one
  const counts = { measures: { ...measures }, skipped: { ...skipped }, failed: { ...failed }, dropped: { ...dropped } }
  return {
    ...{ served, shadow, answered, compared, agreed, ...counts },
    ...(compared > 0
      ? {
          agreement: { share: agreed / compared, ...bernoulliInterval(agreed, compared, interval) },
          distance: { mean: distance.mean, deviation: Math.sqrt(distance.m2 / compared) },
        }
      : {}),
    ...(answered > 0 ? { ofServed: sideOf(ofServed, answered), ofShadow: sideOf(ofShadow, answered) } : {}),
  }
}

function sideOf({ latencyMs, costUsd, unpriced }: ShadowSide, answered: number) {
  return { latencyMeanMs: latencyMs / answered, costUsd, unpriced }
}
