import { bernoulliInterval } from '@astraapi/statistics'
import Type from 'typebox'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { ShadowSide, ShadowSum, ShadowSumName } from '../../kernel/shadow.ts'
import { modelFor } from './bound-models.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, majorText, mapOf, milliseconds, text, time, usd } from './schemas.ts'
import { shadow as declaredShadow } from './traffic-schemas.ts'

/** Of the share of answers that agree: 95 %, however often it is looked at, and narrowest at so many. */
const interval = { alpha: 0.05, expectedValues: 200 }
const dayMs = 86_400_000

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
        "How a contract's shadow version compares with those that serve: agreement, distance, latency, cost, failures and what was dropped",
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/models/{model}/{major}/shadow',
      input: closed({ model: text('Name of the model', 64), major: majorText }),
      output: closed({
        model: Type.String(),
        major: majorText,
        shadow: Type.Optional(declaredShadow),
        pairs: listOf(closed(sums), { description: 'By the two versions, all days together' }),
        days: listOf(closed({ ...sums, day: Type.String({ description: 'UTC, "2026-01-31"' }) }), {
          description: 'The same by day, the oldest first',
        }),
        disagreements: listOf(disagreement, {
          description: 'The latest 50 that this gateway has seen since it started, the newest first',
        }),
      }),
      run: async ({ model, major }, { caller }) => {
        const contract = modelFor(caller, model, catalogControl.current()).contracts.get(Number(major.slice(1)))
        if (!contract) throw new AstraError('unknown_major', { detail: `${model} has no ${major}` })
        const ofContract = (one: { readonly major: number }) => one.major === contract.major
        const sums = (await shadow.sums(model)).filter(ofContract)
        return {
          model,
          major,
          ...(contract.shadow ? { shadow: { ...contract.shadow, version: contract.shadow.version.id } } : {}),
          pairs: grouped(sums, ({ served, shadow }) => `${served} ${shadow}`).map(told),
          days: grouped(sums, ({ served, shadow, day }) => `${served} ${shadow} ${day}`).map((group) => {
            return { ...told(group), day: isoTime(group.day * dayMs).slice(0, 10) }
          }),
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

/** Sums of a pair, of one day or of all. */
interface Group extends Pick<ShadowSum, 'served' | 'shadow' | 'day'> {
  readonly values: Map<string, number>
}

function grouped(sums: readonly ShadowSum[], keyOf: (sum: ShadowSum) => string): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const sum of sums) {
    const { served, shadow, day, name, value } = sum
    const key = keyOf(sum)
    const group = groups.get(key) ?? { served, shadow, day, values: new Map() }
    groups.set(key, group)
    group.values.set(name, (group.values.get(name) ?? 0) + value)
  }
  return [...groups.values()]
}

function told({ served, shadow, values }: Group) {
  const sum = (name: ShadowSumName) => values.get(name) ?? 0
  const [answered, compared, agreed] = [sum('answered'), sum('compared'), sum('agreed')]
  const mean = sum('distance') / compared
  const sideOf = (side: ShadowSide) => ({
    latencyMeanMs: sum(`${side}/latency-ms`) / answered,
    costUsd: sum(`${side}/cost-usd`),
    unpriced: sum(`${side}/unpriced`),
  })
  return {
    ...{ served, shadow, answered, compared, agreed },
    measures: under('measure/', values),
    skipped: under('skipped/', values),
    failed: under('failed/', values),
    dropped: under('dropped/', values),
    ...(compared > 0
      ? {
          agreement: { share: agreed / compared, ...bernoulliInterval(agreed, compared, interval) },
          // Rounding may leave less than nothing of equal distances.
          distance: { mean, deviation: Math.sqrt(Math.max(0, sum('distance-squares') / compared - mean * mean)) },
        }
      : {}),
    ...(answered > 0 ? { ofServed: sideOf('served'), ofShadow: sideOf('shadow') } : {}),
  }
}

/** By what stands behind the prefix. */
function under(prefix: string, values: Group['values']): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...values].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  )
}
