import { armFailed } from '../kernel/arm-outcome.ts'
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
  readonly attempts: CallRecord['attempts']
  readonly enrolment: Enrolment
}

/** Sums over the calls of a unit, by their columns; `calls` are those that did well or failed. */
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

/** The metrics whose single values are counted, for quantiles, of each unit's first call: those that are no share of calls. */
export const countedMetrics = ['latency', 'first-chunk', 'cost', 'tokens'] as const satisfies readonly RecordMetric[]
export type CountedMetric = (typeof countedMetrics)[number]

/**
 * Whether a call says anything of its version. What is refused does not, whether for its caller's sake or the gateway's, unless nobody
 * served the version: then that is to blame.
 */
export function tellsOfVersion({ outcome, code, attempts, enrolment }: EvidenceFacts): boolean {
  return outcome !== 'refused' || armFailed({ code, attempts }, enrolment.arm) === true
}

/**
 * Whether its arm failed it, by the definition that breaks circuits, so that both tell the same; what was answered otherwise, say by a cache,
 * did not fail. Undefined where the call is no evidence of errors: the caller went away or allowed too little time, or the input was at fault.
 */
export function failedIn({ outcome, code, attempts, enrolment }: EvidenceFacts): boolean | undefined {
  return armFailed({ code, attempts }, enrolment.arm) ?? (outcome === 'ok' ? false : undefined)
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
  const failed = failedIn(facts)
  if (failed !== undefined) sums.calls += sign
  if (failed) sums.failed += sign
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
