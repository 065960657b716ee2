import type { Usage } from '../../kernel/answer.ts'
import type { CacheOutcome } from '../../kernel/cache.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import { type AstraError, operatorReason } from '../../kernel/errors.ts'
import type { Reservation } from '../../kernel/limits.ts'
import { priceOf } from '../../kernel/price.ts'
import type { Attempt, AttemptUsage, CallRecord, Outcome } from '../../kernel/record.ts'
import type { AssignedCall } from '../assign/assign.ts'
import { type BilledAttempt, billOf, mainAttempt } from './bill.ts'

export interface RecordPorts {
  /** Monotonic, ms. */
  readonly elapsed: () => number
  readonly hashUnit: (unit: string) => string
  readonly keep: (record: CallRecord) => void
}

/**
 * The Record in the making: filled while the call travels, kept exactly once. Closing it makes nobody wait: where tokens are still
 * counted, it is kept when they are.
 */
export interface OpenRecord {
  sees(catalog: Pick<Catalog, 'revision' | 'state'>): void
  assigned(call: AssignedCall): void
  /** What the cache had to do with it; the last word stands. `version`: whose answer goes out where this call asks no model. */
  cache(outcome: CacheOutcome, version?: string): void
  /** Its caller has gone, or cannot be told, while what it began goes on for others: it ends when that does, as failed. */
  leaves(error: AstraError): void
  /** The wait for a free place here, ms. */
  queued(ms: number): void
  upstreamQueue(ms: number): void
  /** One has ended. With the one that answered the call's own time ends: what is counted afterwards is not in it. */
  attempt(attempt: Attempt, used: AttemptUsage): void
  firstChunk(): void
  /** Given back what the call did not use, once, when it is over and all is counted. */
  holds(reservation: Reservation): void
  /** Closes it as a success, partial failures counted. Later closings are ignored. */
  succeed(itemsFailed: number): void
  fail(error: AstraError): void
  timing(): { queueMs: number; upstreamMs: number; totalMs: number }
}

interface EndedAttempt extends AttemptUsage {
  readonly attempt: Attempt
}

/** What of a Record is known only when every token is counted. */
type Counted = Exclude<keyof Usage, 'items' | 'estimated'> | 'usageEstimated' | 'costUsd' | 'unpriced'
type UncountedRecord = Omit<CallRecord, Counted> & { -readonly [Member in Counted]: CallRecord[Member] }

export function openRecord(call: Call, caller: Caller, { elapsed, hashUnit, keep }: RecordPorts): OpenRecord {
  const ended: EndedAttempt[] = []
  const items = call.wire?.items ?? call.inputs.length
  let seen: Pick<Catalog, 'revision' | 'state'> | undefined
  let assignment: AssignedCall | undefined
  let cache: CacheOutcome | undefined
  let keptVersion: string | undefined
  let gone: AstraError | undefined
  let queuedMs = 0
  let upstreamQueueMs = 0
  let firstChunkMs: number | undefined
  let answeredMs: number | undefined
  let reservation: Reservation | undefined
  let open = true

  const since = () => answeredMs ?? elapsed() - call.startedAt
  const timing = () => {
    const totalMs = since()
    const upstreamMs = ended.reduce((sum, { attempt }) => sum + attempt.durationMs, -upstreamQueueMs)
    // Of a hedged call two attempts ran side by side.
    return { queueMs: queuedMs + upstreamQueueMs, upstreamMs: Math.min(Math.max(0, upstreamMs), totalMs), totalMs }
  }
  const factsOf = (outcome: Outcome, itemsFailed: number, error: AstraError | undefined): UncountedRecord => {
    const { queueMs, upstreamMs, totalMs } = timing()
    const { options } = call
    const main = mainAttempt(ended)
    const served = main && (main.attempt.code === undefined || firstChunkMs !== undefined)
    return {
      id: call.id,
      time: call.receivedAt,
      door: call.door,
      consumer: caller.consumer,
      keyId: caller.keyId,
      team: caller.team ?? teamOf(seen, caller.consumer),
      model: call.model.slice(0, 64),
      major: assignment?.contract.major ?? call.major,
      versionAssigned: assignment?.version.id,
      versionServed: served ? main.attempt.version : keptVersion,
      assignReason: assignment?.reason,
      propensity: assignment?.propensity,
      unitHash: options.unit === undefined ? undefined : hashUnit(options.unit),
      session: options.session,
      reference: options.reference,
      tags: options.tags,
      catalogRevision: seen?.revision ?? 0,
      outcome,
      code: error?.code,
      reason: error && operatorReason(error).slice(0, 2000),
      latencyMs: totalMs,
      firstChunkMs,
      queueMs,
      upstreamMs,
      streamed: call.stream,
      items,
      itemsFailed,
      inputTokens: undefined,
      cachedInputTokens: undefined,
      cacheWriteInputTokens: undefined,
      outputTokens: undefined,
      reasoningTokens: undefined,
      usageEstimated: false,
      upstreamModel: main?.upstreamModel,
      costUsd: undefined,
      unpriced: false,
      cache,
      refusedBy: error?.facts.refusedBy,
      attempts: ended.map(({ attempt }) => attempt),
      traceId: call.trace.traceId,
    }
  }
  const settle = (record: UncountedRecord, billed: readonly BilledAttempt[]) => {
    const usage = mainAttempt(billed)?.usage
    const bill = billOf(billed, (model) => priceOf(seen?.state.prices, model, call.receivedAt))
    record.inputTokens = usage?.inputTokens
    record.cachedInputTokens = usage?.cachedInputTokens
    record.cacheWriteInputTokens = usage?.cacheWriteInputTokens
    record.outputTokens = usage?.outputTokens
    record.reasoningTokens = usage?.reasoningTokens
    record.usageEstimated = bill.estimated
    record.costUsd = bill.costUsd
    record.unpriced = bill.unpriced
    keep(record)
    reservation?.settle(bill)
  }
  const close = (outcome: Outcome, itemsFailed: number, error: AstraError | undefined) => {
    if (!open) return
    open = false
    reservation?.ended()
    const record = factsOf(outcome, itemsFailed, error)
    if (ended.every(isCounted)) settle(record, ended)
    else void Promise.all(ended.map(counted)).then((billed) => settle(record, billed))
  }
  const fail = (error: AstraError) =>
    close(outcomeOf(error, ended.length > 0 || keptVersion !== undefined), items, error)

  return {
    sees: (catalog) => {
      seen = catalog
    },
    assigned: (assigned) => {
      assignment = assigned
    },
    cache: (outcome, version) => {
      cache = outcome
      keptVersion = version
    },
    leaves: (error) => {
      gone ??= error
    },
    queued: (ms) => {
      queuedMs += ms
    },
    upstreamQueue: (ms) => {
      upstreamQueueMs += ms
    },
    attempt: (attempt, used) => {
      if (attempt.code === undefined) answeredMs ??= attempt.atMs + attempt.durationMs
      ended.push({ attempt, ...used })
    },
    firstChunk: () => {
      firstChunkMs ??= since()
    },
    holds: (held) => {
      reservation = held
    },
    succeed: (itemsFailed) => (gone ? fail(gone) : close('ok', itemsFailed, undefined)),
    fail: (error) => fail(gone ?? error),
    timing,
  }
}

/** `asked`: a model was, for it or for the call whose answer it shares. */
function outcomeOf({ code }: AstraError, asked: boolean): Outcome {
  if (code === 'cancelled') return 'cancelled'
  return !asked && code !== 'internal' && code !== 'timeout' ? 'refused' : 'failed'
}

/** Of a consumer that no longer stands in the catalog, none. */
function teamOf(seen: Pick<Catalog, 'state'> | undefined, consumer: string): string | undefined {
  const consumers = seen?.state.consumers
  return consumers && Object.hasOwn(consumers, consumer) ? consumers[consumer]?.team : undefined
}

/** Of nearly every attempt nothing is still counted. */
function isCounted(one: EndedAttempt): one is EndedAttempt & BilledAttempt {
  return !(one.usage instanceof Promise)
}

async function counted(one: EndedAttempt): Promise<BilledAttempt> {
  return { ...one, usage: await one.usage }
}
