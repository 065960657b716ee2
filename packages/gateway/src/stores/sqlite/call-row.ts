import type { SQLOutputValue } from 'node:sqlite'
import type { Enrolment } from '../../kernel/experiment.ts'
import type { RefusedBy } from '../../kernel/limits.ts'
import type { Attempt, CallRecord } from '../../kernel/record.ts'
import type { EvidenceFacts } from '../evidence-sums.ts'
import { runKey, runOf } from '../experiment-run.ts'
import type { SpentFacts } from '../spent-rollup.ts'
import type { UsageFacts } from '../usage-rollup.ts'

/** A row as node:sqlite reads it. */
export type Row = Readonly<Record<string, SQLOutputValue>>
export type CallValue = string | number | null

/** The columns of `calls`, in the order of `callValues`. */
export const callColumns: readonly string[] = `
  id time door consumer key_id model major version_assigned
  version_served assign_reason propensity unit_hash
  session reference tags catalog_revision outcome code
  reason latency_ms first_chunk_ms queue_ms upstream_ms streamed
  items items_failed input_tokens output_tokens usage_estimated
  trace_id attempts
  cached_input_tokens cache_write_input_tokens reasoning_tokens upstream_model cost_usd unpriced
  team cache refused_by
  experiment epoch arm unit attribution_ms finish`
  .trim()
  .split(/\s+/)

const counts = new Set(
  `
  major catalog_revision items items_failed epoch attribution_ms
  input_tokens cached_input_tokens cache_write_input_tokens output_tokens reasoning_tokens`
    .trim()
    .split(/\s+/),
)

/**
 * What to select for `callOf`. node:sqlite refuses a whole answer for one integer beyond 2^53 - 1, so counts are bounded.
 * `time` is left as it is: under the name of a column, an expression would keep ORDER BY off the index.
 */
export const callSelection: string = callColumns
  .map((name) => (counts.has(name) ? `max(min(${name}, ${Number.MAX_SAFE_INTEGER}), 0) AS ${name}` : name))
  .join(', ')

/**
 * A Record as it waits, travels to the writer and is bound there: the values of its columns, as JSON.
 *
 * Values in an array of their own cost less to make (1.3 to 2.0 µs with their cloning, against 2.0 to 2.4), but not in a gateway: there
 * whatever waits for its batch is copied by the collector, and the cloning reads memory that the processor has long let go of.
 */
export function encodeCall(r: CallRecord): string {
  return JSON.stringify(callValues(r))
}

/** The Record that it was. */
export function decodeCall(text: string): CallRecord {
  const values: readonly CallValue[] = JSON.parse(text)
  return callOf(Object.fromEntries(callColumns.map((name, index) => [name, values[index] ?? null])))
}

/** One value per column. */
export function callValues(r: CallRecord): readonly CallValue[] {
  const { enrolment: e } = r
  return [
    r.id,
    r.time,
    r.door,
    r.consumer,
    r.keyId,
    r.model,
    r.major ?? null,
    r.versionAssigned ?? null,
    r.versionServed ?? null,
    r.assignReason ?? null,
    r.propensity ?? null,
    r.unitHash ?? null,
    r.session ?? null,
    r.reference ?? null,
    r.tags === undefined ? null : JSON.stringify(r.tags),
    r.catalogRevision,
    r.outcome,
    r.code ?? null,
    r.reason ?? null,
    r.latencyMs,
    r.firstChunkMs ?? null,
    r.queueMs,
    r.upstreamMs,
    Number(r.streamed),
    r.items,
    r.itemsFailed,
    countOf(r.inputTokens),
    countOf(r.outputTokens),
    Number(r.usageEstimated),
    r.traceId,
    JSON.stringify(r.attempts),
    countOf(r.cachedInputTokens),
    countOf(r.cacheWriteInputTokens),
    countOf(r.reasoningTokens),
    r.upstreamModel ?? null,
    r.costUsd ?? null,
    Number(r.unpriced),
    r.team ?? null,
    r.cache ?? null,
    r.refusedBy ? JSON.stringify(r.refusedBy) : null,
    e ? runKey(e) : null,
    e ? e.epoch : null,
    e ? e.arm : null,
    e ? e.unit : null,
    e ? e.attributionMs : null,
    r.finish ?? null,
  ]
}

/** Backends report token counts, so anything may stand there; beyond 2^53 - 1 a row could not be read again. */
function countOf(count: number | undefined): number | null {
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : null
}

const at = Object.fromEntries(callColumns.map((name, index) => [name, index]))

/** Finds one Record's values by their columns. */
function valuesBy(values: readonly CallValue[]) {
  return <T>(column: string): T => (values[at[column] ?? -1] ?? undefined) as T
}

/** What the sums of spending need of one Record's values. */
export function spentFactsOf(values: readonly CallValue[]): SpentFacts {
  const value = valuesBy(values)
  return {
    time: value('time'),
    keyId: value('key_id'),
    consumer: value('consumer'),
    team: value('team'),
    model: value('model'),
    major: value('major'),
    versionAssigned: value('version_assigned'),
    costUsd: value('cost_usd'),
  }
}

/** What the roll-ups of usage need of one Record's values. */
export function usageFactsOf(values: readonly CallValue[]): UsageFacts {
  const value = valuesBy(values)
  return {
    time: value('time'),
    model: value('model'),
    versionAssigned: value('version_assigned'),
    versionServed: value('version_served'),
    consumer: value('consumer'),
    team: value('team'),
    door: value('door'),
    outcome: value('outcome'),
    code: value('code'),
    items: value('items'),
    inputTokens: value('input_tokens'),
    cachedInputTokens: value('cached_input_tokens'),
    cacheWriteInputTokens: value('cache_write_input_tokens'),
    outputTokens: value('output_tokens'),
    reasoningTokens: value('reasoning_tokens'),
    costUsd: value('cost_usd'),
    unpriced: value('unpriced') === 1,
    cache: value('cache'),
    latencyMs: value('latency_ms'),
  }
}

/** What evidence needs of one Record's values; undefined where its unit takes part in no experiment. */
export function evidenceFactsOf(values: readonly CallValue[]): EvidenceFacts | undefined {
  const value = valuesBy(values)
  if (value('experiment') === undefined) return undefined
  return {
    id: value('id'),
    time: value('time'),
    outcome: value('outcome'),
    code: value('code'),
    versionServed: value('version_served'),
    latencyMs: value('latency_ms'),
    firstChunkMs: value('first_chunk_ms'),
    costUsd: value('cost_usd'),
    unpriced: value('unpriced') === 1,
    outputTokens: value('output_tokens'),
    finish: value('finish'),
    attempts: JSON.parse(value('attempts')),
    enrolment: keptEnrolmentOf(value),
  }
}

function enrolmentOf(value: <T>(column: string) => T): Enrolment {
  return { ...keptEnrolmentOf(value), ...runOf(value('experiment')) }
}

/** By the key that evidence is kept by, as its experiment. */
function keptEnrolmentOf(value: <T>(column: string) => T): Enrolment {
  return {
    experiment: value('experiment'),
    epoch: value('epoch'),
    arm: value('arm'),
    unit: value('unit'),
    attributionMs: value('attribution_ms'),
  }
}

/** A row of `calls` as the Record that it was: what was undefined is undefined again. */
export function callOf(row: Row): CallRecord {
  // The table holds what `callValues` gave, so the types need no second check.
  const value = <T>(column: string): T => (row[column] ?? undefined) as T
  const tags = value<string | undefined>('tags')
  const refusedBy = value<string | undefined>('refused_by')
  return {
    id: value('id'),
    time: value('time'),
    door: value('door'),
    consumer: value('consumer'),
    keyId: value('key_id'),
    team: value('team'),
    model: value('model'),
    major: value('major'),
    versionAssigned: value('version_assigned'),
    versionServed: value('version_served'),
    assignReason: value('assign_reason'),
    propensity: value('propensity'),
    unitHash: value('unit_hash'),
    session: value('session'),
    reference: value('reference'),
    tags: tags === undefined ? undefined : JSON.parse(tags),
    catalogRevision: value('catalog_revision'),
    outcome: value('outcome'),
    code: value('code'),
    reason: value('reason'),
    latencyMs: value('latency_ms'),
    firstChunkMs: value('first_chunk_ms'),
    queueMs: value('queue_ms'),
    upstreamMs: value('upstream_ms'),
    streamed: value('streamed') === 1,
    items: value('items'),
    itemsFailed: value('items_failed'),
    inputTokens: value('input_tokens'),
    cachedInputTokens: value('cached_input_tokens'),
    cacheWriteInputTokens: value('cache_write_input_tokens'),
    outputTokens: value('output_tokens'),
    reasoningTokens: value('reasoning_tokens'),
    usageEstimated: value('usage_estimated') === 1,
    upstreamModel: value('upstream_model'),
    costUsd: value('cost_usd'),
    unpriced: value('unpriced') === 1,
    cache: value('cache'),
    refusedBy: refusedBy === undefined ? undefined : wholeRefusal(JSON.parse(refusedBy)),
    finish: value('finish'),
    enrolment: value('experiment') === undefined ? undefined : enrolmentOf(value),
    traceId: value('trace_id'),
    attempts: (JSON.parse(value('attempts')) as Attempt[]).map(wholeAttempt),
  }
}

/** JSON leaves out what is undefined. */
function wholeAttempt({ code, reason, ...attempt }: Attempt): Attempt {
  return { ...attempt, code, reason }
}

function wholeRefusal({ windowMs, retryAfterMs, ...refusal }: RefusedBy): RefusedBy {
  return { ...refusal, windowMs, retryAfterMs }
}
