import { type ErrorCode, errorTable } from '../kernel/errors.ts'
import type { Enrolment, RecordMetric } from '../kernel/experiment.ts'
import type { CallRecord } from '../kernel/record.ts'

/** What it needs to know of a Record whose unit takes part in an experiment. */
export interface EvidenceFacts
  extends Pick<
    CallRecord,
    | 'id'
    | 'time'
    | 'outcome'
    | 'code'
    | 'versionServed'
    | 'latencyMs'
    | 'firstChunkMs'
    | 'costUsd'
    | 'unpriced'
    | 'outputTokens'
    | 'finish'
  > {
  readonly attempts: readonly Pick<CallRecord['attempts'][number], 'code'>[]
  readonly enrolment: Enrolment
}

/** Sums over the calls of a unit, by their columns. */
export const unitSums = [
  'calls',
  'failed',
  'invalid',
  'answered',
  'latency_ms',
  'first_chunks',
  'first_chunk_ms',
  'priced',
  'cost_usd',
  'metered',
  'output_tokens',
  'finished',
  'refusals',
  'truncations',
] as const
export type UnitSum = (typeof unitSums)[number]
export type UnitSums = Record<UnitSum, number>

export const noSums: Readonly<UnitSums> = {
  ...{ calls: 0, failed: 0, invalid: 0, answered: 0, latency_ms: 0, first_chunks: 0, first_chunk_ms: 0 },
  ...{ priced: 0, cost_usd: 0, metered: 0, output_tokens: 0, finished: 0, refusals: 0, truncations: 0 },
}

/** A unit's value of a metric is `sum` over `per`: a metric says nothing of a unit where `per` is 0. */
export const metricSums: Readonly<Record<RecordMetric, { readonly sum: UnitSum; readonly per: UnitSum }>> = {
  errors: { sum: 'failed', per: 'calls' },
  latency: { sum: 'latency_ms', per: 'answered' },
  'first-chunk': { sum: 'first_chunk_ms', per: 'first_chunks' },
  cost: { sum: 'cost_usd', per: 'priced' },
  tokens: { sum: 'output_tokens', per: 'metered' },
  'invalid-output': { sum: 'invalid', per: 'calls' },
  refusals: { sum: 'refusals', per: 'finished' },
  truncations: { sum: 'truncations', per: 'finished' },
}

/** The metrics whose single values are counted, for quantiles: those that are no share of calls. */
export const countedMetrics = ['latency', 'first-chunk', 'cost', 'tokens'] as const satisfies readonly RecordMetric[]
export type CountedMetric = (typeof countedMetrics)[number]

/** What fails because of something that all versions share: it tells of none. */
const nobodys: ReadonlySet<ErrorCode> = new Set(['limits_unavailable', 'store_unavailable'])

/**
 * Whether a call says anything of its version. What is refused for its caller's sake does not; a version without a place or a replica
 * refuses, too, and is to blame.
 */
export function tellsOfVersion({ outcome, code = 'internal' }: EvidenceFacts): boolean {
  return outcome !== 'refused' || (errorTable[code].status >= 500 && !nobodys.has(code))
}

/** Its version failed it, also where another then served it: to fall back on the control would hide that a candidate is broken. */
export function failedIn({ outcome, attempts, versionServed, enrolment }: EvidenceFacts): boolean {
  const helped = attempts.length > 0 && versionServed !== undefined && versionServed !== enrolment.arm
  return outcome === 'failed' || outcome === 'refused' || helped
}

/** The same with a status of the gateway's or the model's making. */
export function serverErrorIn(facts: EvidenceFacts): boolean {
  return failedIn(facts) && (facts.outcome === 'ok' || errorTable[facts.code ?? 'internal'].status >= 500)
}

/** A call's own values; undefined where it has none. A cost that is not known is none, and that of a call without one is 0. */
export function valuesIn(facts: EvidenceFacts): Readonly<Record<CountedMetric, number | undefined>> {
  const { outcome, latencyMs, firstChunkMs, costUsd = 0, unpriced, outputTokens } = facts
  return {
    latency: outcome === 'ok' ? latencyMs : undefined,
    'first-chunk': firstChunkMs,
    cost: unpriced ? undefined : costUsd,
    tokens: outputTokens,
  }
}

/** Adds a call that tells of its version to the sums of its unit; `sign` -1 takes it out again. */
export function addTo(sums: UnitSums, facts: EvidenceFacts, sign: 1 | -1): void {
  const { code, finish, attempts } = facts
  sums.calls += sign
  if (failedIn(facts)) sums.failed += sign
  if (code === 'invalid_output' || attempts.some((attempt) => attempt.code === 'invalid_output')) sums.invalid += sign
  if (finish !== undefined) sums.finished += sign
  if (finish === 'refusal') sums.refusals += sign
  if (finish === 'length') sums.truncations += sign
  const values = valuesIn(facts)
  for (const metric of countedMetrics) {
    const value = values[metric]
    // One NaN would spoil a unit for good.
    if (value === undefined || !Number.isFinite(value)) continue
    const { sum, per } = metricSums[metric]
    sums[sum] += sign * value
    sums[per] += sign
  }
}
