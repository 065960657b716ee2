import type { Timing, Usage } from '../../kernel/answer.ts'
import type { CacheOutcome } from '../../kernel/cache.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import { type AstraError, operatorReason } from '../../kernel/errors.ts'
import type { Enrolment } from '../../kernel/experiment.ts'
import type { Reservation } from '../../kernel/limits.ts'
import { priceOf } from '../../kernel/price.ts'
import type { Attempt, AttemptUsage, CallRecord, Outcome } from '../../kernel/record.ts'
import type { AssignedCall, Enrolled } from '../assign/assign.ts'
import { stickyKey } from '../assign/sticky-key.ts'
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
  timing(): Timing
}

interface EndedAttempt extends AttemptUsage {
  readonly attempt: Attempt
}

/** What of a Record is known only when every token is counted. */
type Counted = Exclude<keyof Usage, 'items' | 'estimated'> | 'usageEstimated' | 'costUsd' | 'unpriced'
type UncountedRecord = Omit<CallRecord, Counted> & { -readonly [Member in Counted]: CallRecord[Member] }

export function openRecord(call: Call, caller: Caller, ports: RecordPorts): OpenRecord {
  return new RecordInTheMaking(call, caller, ports)
}

/** A class, as one is made for every call: of functions, each would have fourteen of its own. */
class RecordInTheMaking implements OpenRecord {
  readonly #call: Call
  readonly #caller: Caller
  readonly #ports: RecordPorts
  readonly #ended: EndedAttempt[] = []
  #seen: Pick<Catalog, 'revision' | 'state'> | undefined
  #assignment: AssignedCall | undefined
  #cache: CacheOutcome | undefined
  #keptVersion: string | undefined
  #gone: AstraError | undefined
  #queuedMs = 0
  #upstreamQueueMs = 0
  #firstChunkMs: number | undefined
  #answeredMs: number | undefined
  #reservation: Reservation | undefined
  #open = true

  constructor(call: Call, caller: Caller, ports: RecordPorts) {
    this.#call = call
    this.#caller = caller
    this.#ports = ports
  }

  sees(catalog: Pick<Catalog, 'revision' | 'state'>): void {
    this.#seen = catalog
  }

  assigned(assigned: AssignedCall): void {
    this.#assignment = assigned
  }

  cache(outcome: CacheOutcome, version?: string): void {
    this.#cache = outcome
    this.#keptVersion = version
  }

  leaves(error: AstraError): void {
    this.#gone ??= error
  }

  queued(ms: number): void {
    this.#queuedMs += ms
  }

  upstreamQueue(ms: number): void {
    this.#upstreamQueueMs += ms
  }

  attempt(attempt: Attempt, used: AttemptUsage): void {
    if (attempt.code === undefined) this.#answeredMs ??= attempt.atMs + attempt.durationMs
    this.#ended.push({ attempt, ...used })
  }

  firstChunk(): void {
    this.#firstChunkMs ??= this.#since()
  }

  holds(reservation: Reservation): void {
    this.#reservation = reservation
  }

  succeed(itemsFailed: number): void {
    if (this.#gone) this.fail(this.#gone)
    else this.#close('ok', itemsFailed, undefined)
  }

  fail(thrown: AstraError): void {
    const error = this.#gone ?? thrown
    const asked = this.#ended.length > 0 || this.#keptVersion !== undefined
    this.#close(outcomeOf(error, asked), this.#items(), error)
  }

  timing(): Timing {
    const totalMs = this.#since()
    let upstreamMs = -this.#upstreamQueueMs
    for (const { attempt } of this.#ended) upstreamMs += attempt.durationMs
    const queueMs = this.#queuedMs + this.#upstreamQueueMs
    // Of a hedged call two attempts ran side by side.
    return { queueMs, upstreamMs: Math.min(Math.max(0, upstreamMs), totalMs), totalMs }
  }

  #since(): number {
    return this.#answeredMs ?? this.#ports.elapsed() - this.#call.startedAt
  }

  #items(): number {
    return this.#call.wire?.items ?? this.#call.inputs.length
  }

  #close(outcome: Outcome, itemsFailed: number, error: AstraError | undefined): void {
    if (!this.#open) return
    this.#open = false
    const record = this.#facts(outcome, itemsFailed, error)
    const ended = this.#ended
    if (ended.every(isCounted)) this.#settle(record, ended)
    else {
      this.#reservation?.ended()
      void Promise.all(ended.map(counted)).then((billed) => this.#settle(record, billed))
    }
  }

  #settle(record: UncountedRecord, billed: readonly BilledAttempt[]): void {
    const usage = mainAttempt(billed)?.usage
    const bill = billOf(billed, (model) => priceOf(this.#seen?.state.prices, model, this.#call.receivedAt))
    record.inputTokens = usage?.inputTokens
    record.cachedInputTokens = usage?.cachedInputTokens
    record.cacheWriteInputTokens = usage?.cacheWriteInputTokens
    record.outputTokens = usage?.outputTokens
    record.reasoningTokens = usage?.reasoningTokens
    record.usageEstimated = bill.estimated
    record.costUsd = bill.costUsd
    record.unpriced = bill.unpriced
    // Whoever fails to keep it: what the call held is free, and what it used is counted.
    try {
      this.#ports.keep(record)
    } finally {
      this.#reservation?.settle(bill)
    }
  }

  /**
   * None where an Idempotency-Key brought back an earlier call's answer: that call is the evidence, and would count twice. Where the
   * experiment says that a cache may answer, what it answers counts as any answer does.
   */
  #enrolment({ cached, ...enrolled }: Enrolled): Enrolment | undefined {
    if (!cached && this.#cache && answering.has(this.#cache)) return undefined
    const [key, reason] = stickyKey(this.#call)
    return { ...enrolled, unit: reason === 'weights-call' ? key : this.#ports.hashUnit(key) }
  }

  #facts(outcome: Outcome, itemsFailed: number, error: AstraError | undefined): UncountedRecord {
    const { queueMs, upstreamMs, totalMs } = this.timing()
    const call = this.#call
    const { options } = call
    const assignment = this.#assignment
    const consumer = this.#caller.consumer
    const main = mainAttempt(this.#ended)
    const served = main && (main.attempt.code === undefined || this.#firstChunkMs !== undefined)
    return {
      id: call.id,
      time: call.receivedAt,
      door: call.door,
      consumer,
      keyId: this.#caller.keyId,
      team: this.#caller.team ?? teamOf(this.#seen, consumer),
      model: call.model.slice(0, 64),
      major: assignment?.contract.major ?? call.major,
      versionAssigned: assignment?.version.id,
      versionServed: served ? main.attempt.version : this.#keptVersion,
      assignReason: assignment?.reason,
      propensity: assignment?.propensity,
      unitHash: options.unit === undefined ? undefined : this.#ports.hashUnit(options.unit),
      session: options.session,
      reference: options.reference,
      tags: options.tags,
      catalogRevision: this.#seen?.revision ?? 0,
      outcome,
      code: error?.code,
      reason: error && operatorReason(error).slice(0, 2000),
      latencyMs: totalMs,
      firstChunkMs: this.#firstChunkMs,
      queueMs,
      upstreamMs,
      streamed: call.stream,
      items: this.#items(),
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
      cache: this.#cache,
      refusedBy: error?.facts.refusedBy,
      finish: main?.finish,
      enrolment: assignment?.enrolment && this.#enrolment(assignment.enrolment),
      attempts: this.#ended.map(({ attempt }) => attempt),
      traceId: call.trace.traceId,
    }
  }
}

/** Outcomes of the cache with which the version was not asked for this call. */
const answering: ReadonlySet<CacheOutcome> = new Set(['hit', 'stale', 'joined', 'semantic'])

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
