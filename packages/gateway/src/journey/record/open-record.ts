import type { TokenUsage, Usage } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { Catalog, Version } from '../../kernel/catalog.ts'
import { type AstraError, errorTable, operatorReason } from '../../kernel/errors.ts'
import { costUsd, priceAt } from '../../kernel/price.ts'
import type { Attempt, CallRecord, Outcome } from '../../kernel/record.ts'
import type { AssignedCall } from '../assign/assign.ts'

export interface RecordPorts {
  /** Monotonic, ms. */
  readonly elapsed: () => number
  readonly hashUnit: (unit: string) => string
  readonly keep: (record: CallRecord) => void
}

export interface PartialMeter {
  partial(): Promise<Usage | undefined>
}

/** The Record in the making: filled while the call travels, kept exactly once. */
export interface OpenRecord {
  sees(catalog: Pick<Catalog, 'revision' | 'state'>): void
  assigned(call: AssignedCall): void
  /** This version is asked now, or is the one that answers. */
  asks(version: Version, upstreamModel: string | undefined): void
  /** Measures what the attempt that answers, or failed last, uses up. */
  meters(meter: PartialMeter): void
  /** A failed attempt that another followed had used this up nevertheless. */
  lost(upstreamModel: string | undefined, usage: TokenUsage): void
  upstreamQueue(ms: number): void
  attempt(attempt: Attempt): void
  firstChunk(): void
  /** Closes it as a success, partial failures counted. Later closings are ignored. */
  succeed(usage: Usage, itemsFailed: number): void
  /** The usage is known where a model did answer: item by item with errors only, or an answer that broke off. */
  fail(error: AstraError, usage?: Usage): void
  /** What an answer that broke off has used up; undefined where nothing came. */
  spent(): Promise<Usage | undefined>
  timing(): { queueMs: number; upstreamMs: number; totalMs: number }
}

export function openRecord(call: Call, caller: Caller, { elapsed, hashUnit, keep }: RecordPorts): OpenRecord {
  const attempts: Attempt[] = []
  const items = call.wire?.items ?? call.inputs.length
  let seen: Pick<Catalog, 'revision' | 'state'> | undefined
  let assignment: AssignedCall | undefined
  let asked: Version | undefined
  let upstreamModel: string | undefined
  let meter: PartialMeter | undefined
  let lostUsd = 0
  let upstreamQueueMs = 0
  let firstChunkMs: number | undefined
  let open = true

  const since = () => elapsed() - call.startedAt
  const timing = () => {
    const totalMs = since()
    const upstreamMs = attempts.reduce((sum, { durationMs }) => sum + durationMs, -upstreamQueueMs)
    // Of a hedged call two attempts ran side by side.
    return { queueMs: upstreamQueueMs, upstreamMs: Math.min(Math.max(0, upstreamMs), totalMs), totalMs }
  }
  const cost = (model: string | undefined, usage: Usage | undefined) => {
    const prices = usage && model !== undefined ? ownPrices(seen, model) : undefined
    const price = prices && priceAt(prices, call.receivedAt)
    return price && usage && costUsd(price, usage)
  }

  const close = (outcome: Outcome, usage: Usage | undefined, itemsFailed: number, error: AstraError | undefined) => {
    if (!open) return
    open = false
    const { queueMs, upstreamMs, totalMs } = timing()
    const { options } = call
    const answered = attempts.some(({ code }) => code === undefined)
    const lastUsd = cost(upstreamModel, usage)
    // Tokens are those of the last attempt; what others lost is paid for all the same.
    const costs = lastUsd === undefined ? undefined : lastUsd + lostUsd
    keep({
      id: call.id,
      time: call.receivedAt,
      door: call.door,
      consumer: caller.consumer,
      keyId: caller.keyId,
      model: call.model.slice(0, 64),
      major: assignment?.contract.major ?? call.major,
      versionAssigned: assignment?.version.id,
      versionServed: answered ? asked?.id : undefined,
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
      inputTokens: usage?.inputTokens,
      cachedInputTokens: usage?.cachedInputTokens,
      cacheWriteInputTokens: usage?.cacheWriteInputTokens,
      outputTokens: usage?.outputTokens,
      reasoningTokens: usage?.reasoningTokens,
      usageEstimated: usage?.estimated ?? false,
      upstreamModel,
      costUsd: costs,
      unpriced: costs === undefined && attempts.some(mayHaveRun),
      attempts,
      traceId: call.trace.traceId,
    })
  }

  return {
    sees: (catalog) => {
      seen = catalog
    },
    assigned: (assigned) => {
      assignment = assigned
    },
    asks: (version, model) => {
      asked = version
      upstreamModel = model
      meter = undefined
    },
    meters: (present) => {
      meter = present
    },
    lost: (model, usage) => {
      lostUsd += cost(model, { items: 0, ...usage }) ?? 0
    },
    upstreamQueue: (ms) => {
      upstreamQueueMs += ms
    },
    attempt: (attempt) => attempts.push(attempt),
    firstChunk: () => {
      firstChunkMs ??= since()
    },
    succeed: (usage, itemsFailed) => close('ok', usage, itemsFailed, undefined),
    fail: (error, usage) => close(outcomeOf(error, attempts.length), usage, items, error),
    spent: async () => meter?.partial(),
    timing,
  }
}

function outcomeOf({ code }: AstraError, attempts: number): Outcome {
  if (code === 'cancelled') return 'cancelled'
  return attempts === 0 && code !== 'internal' && code !== 'timeout' ? 'refused' : 'failed'
}

/** A name is upstream's: it may be one that every object has. */
function ownPrices(seen: Pick<Catalog, 'state'> | undefined, upstreamModel: string) {
  const prices = seen?.state.prices
  return prices && Object.hasOwn(prices, upstreamModel) ? prices[upstreamModel] : undefined
}

function mayHaveRun({ code }: Attempt): boolean {
  return code === undefined || !errorTable[code].retryable
}
