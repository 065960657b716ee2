import type { Usage } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import { type AstraError, operatorReason } from '../../kernel/errors.ts'
import type { Attempt, CallRecord, Outcome } from '../../kernel/record.ts'
import type { AssignedCall } from '../assign/assign.ts'

export interface RecordPorts {
  /** Monotonic, ms. */
  readonly elapsed: () => number
  readonly hashUnit: (unit: string) => string
  readonly keep: (record: CallRecord) => void
}

/** The Record in the making: filled while the call travels, kept exactly once. */
export interface OpenRecord {
  sees(catalogRevision: number): void
  assigned(call: AssignedCall): void
  upstreamQueue(ms: number): void
  attempt(attempt: Attempt): void
  firstChunk(): void
  /** Closes it as a success, partial failures counted. Later closings are ignored. */
  succeed(usage: Usage, itemsFailed: number): void
  /** The usage is known where a model did answer, item by item, with errors only. */
  fail(error: AstraError, usage?: Usage): void
  timing(): { queueMs: number; upstreamMs: number; totalMs: number }
}

export function openRecord(call: Call, caller: Caller, { elapsed, hashUnit, keep }: RecordPorts): OpenRecord {
  const attempts: Attempt[] = []
  let catalogRevision = 0
  let assignment: AssignedCall | undefined
  let upstreamQueueMs = 0
  let firstChunkMs: number | undefined
  let open = true

  const since = () => elapsed() - call.startedAt
  const timing = () => {
    const upstreamMs = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0)
    return { queueMs: upstreamQueueMs, upstreamMs: Math.max(0, upstreamMs - upstreamQueueMs), totalMs: since() }
  }

  const close = (outcome: Outcome, usage: Usage | undefined, itemsFailed: number, error: AstraError | undefined) => {
    if (!open) return
    open = false
    const { queueMs, upstreamMs, totalMs } = timing()
    const { options } = call
    const served = attempts.at(-1)
    keep({
      id: call.id,
      time: call.receivedAt,
      door: call.door,
      consumer: caller.consumer,
      keyId: caller.keyId,
      model: call.model.slice(0, 64),
      major: assignment?.contract.major ?? call.major,
      versionAssigned: assignment?.version.id,
      versionServed: served && served.code === undefined ? served.version : undefined,
      assignReason: assignment?.reason,
      propensity: assignment?.propensity,
      unitHash: options.unit === undefined ? undefined : hashUnit(options.unit),
      session: options.session,
      reference: options.reference,
      tags: options.tags,
      catalogRevision,
      outcome,
      code: error?.code,
      reason: error && operatorReason(error).slice(0, 2000),
      latencyMs: totalMs,
      firstChunkMs,
      queueMs,
      upstreamMs,
      streamed: call.stream,
      items: call.inputs.length,
      itemsFailed,
      inputTokens: usage?.inputTokens,
      outputTokens: usage?.outputTokens,
      usageEstimated: usage?.estimated ?? false,
      attempts,
      traceId: call.trace.traceId,
    })
  }

  return {
    sees: (revision) => {
      catalogRevision = revision
    },
    assigned: (assigned) => {
      assignment = assigned
    },
    upstreamQueue: (ms) => {
      upstreamQueueMs += ms
    },
    attempt: (attempt) => attempts.push(attempt),
    firstChunk: () => {
      firstChunkMs ??= since()
    },
    succeed: (usage, itemsFailed) => close('ok', usage, itemsFailed, undefined),
    fail: (error, usage) => close(outcomeOf(error, attempts.length), usage, call.inputs.length, error),
    timing,
  }
}

function outcomeOf({ code }: AstraError, attempts: number): Outcome {
  if (code === 'cancelled') return 'cancelled'
  return attempts === 0 && code !== 'internal' && code !== 'timeout' ? 'refused' : 'failed'
}
