import type { AuditLog } from './audit.ts'
import type { Key } from './caller.ts'
import type { CaseSetStore } from './case-set.ts'
import type { CatalogState } from './catalog-state.ts'
import type { DriftStore } from './drift.ts'
import type { EvaluationStore } from './evaluation.ts'
import type { EvidenceReports } from './experiment.ts'
import type { JudgeStore } from './judge.ts'
import type { PayloadStore } from './payload.ts'
import type { CallRecord, Feedback } from './record.ts'
import type { ShadowStore } from './shadow.ts'

/**
 * The ports of what is kept. A store's database handle never lives on the main thread; `put` is memory only, and nothing
 * here is awaited on the path of a call.
 */
export interface Store {
  readonly records: RecordSink
  readonly reports: Reports
  readonly state: StateStore
  readonly audit: AuditLog
  readonly shadow: ShadowStore
  readonly judges: JudgeStore
  readonly payloads: PayloadStore
  readonly drift: DriftStore
  readonly sets: CaseSetStore
  readonly evaluations: EvaluationStore
  /**
   * Lets go of all evidence of an experiment that was removed, or of the one of that name which began then (ms since the Unix epoch); its
   * calls and their feedback stay.
   */
  forgetExperiment(name: string, startedAt?: number): Promise<void>
  /** Writes all that was put, then lets go of the data. */
  close(): Promise<void>
}

/** Accounting. Batches go out every 100 ms or 500 Records, in order; a batch that fails is kept and tried again. */
export interface RecordSink {
  /** Never refuses: the calls in flight must be kept. */
  put(record: CallRecord): void
  /** False when so much waits to be written that new calls must be refused (`accounting_unavailable`). */
  accepting(): boolean
  /** Resolves when all that was put before is durable. */
  flush(): Promise<void>
  status(): SinkStatus
  /** Of those that are not durable yet: whoever looks here first and then into the store misses none. */
  recent(id: string): CallRecord | undefined
  /** The latest of such calls of this consumer with this reference. */
  recentByReference(consumer: string, reference: string): CallRecord | undefined
  /** Idempotent; last write wins per (call, metric, source). Resolves when durable. */
  feedback(feedback: Feedback): Promise<void>
}

export interface SinkStatus {
  /** Records put and not yet durable. */
  readonly waiting: number
  /** Records made durable since the start. */
  readonly written: number
  /** Why the last write failed; undefined when it went well. */
  readonly fault: string | undefined
}

/** Reads, from a worker of their own. They may lag behind `put` by one batch; callers that must not, flush first. */
export interface Reports extends EvidenceReports {
  call(id: string): Promise<CallRecord | undefined>
  /** The latest call of this consumer with this reference. */
  callByReference(consumer: string, reference: string): Promise<CallRecord | undefined>
  calls(filter: CallFilter): Promise<CallPage>
  feedback(callId: string): Promise<readonly Feedback[]>
  usage(query: UsageQuery): Promise<readonly UsageRow[]>
  /** What was spent by those whom budgets bound, and nothing else: much cheaper than `usage`, with as many rows as there are. */
  spent(query: SpentQuery): Promise<readonly SpentRow[]>
}

export interface CallFilter {
  readonly model?: string
  readonly version?: string
  readonly consumer?: string
  readonly outcome?: string
  readonly code?: string
  readonly reference?: string
  /** ms since the Unix epoch; from (inclusive), to (exclusive). */
  readonly from?: number
  readonly to?: number
  /** 1 to 1000. */
  readonly limit: number
  /** Id of the last call of the page before; newest come first. */
  readonly before?: string
}

export interface CallPage {
  readonly calls: readonly CallRecord[]
  /** Give it as `before` for the next page; undefined on the last one. */
  readonly next: string | undefined
}

export const usageDimensions = ['model', 'version', 'consumer', 'team', 'door', 'outcome', 'code'] as const
export type UsageDimension = (typeof usageDimensions)[number]

export interface UsageQuery {
  readonly from: number
  readonly to: number
  readonly by: readonly UsageDimension[]
  /** Width of the time buckets in minutes; undefined = one bucket for the whole time. */
  readonly everyMinutes?: number
  readonly model?: string
  readonly consumer?: string
}

export interface UsageRow {
  /** Start of its bucket, ms since the Unix epoch. */
  readonly time: number
  /** Values of the dimensions asked for; "" where a call had none. */
  readonly by: Readonly<Partial<Record<UsageDimension, string>>>
  readonly calls: number
  readonly failed: number
  /** Answered by a cache, or by another call's answer. */
  readonly cached: number
  readonly items: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly cacheWriteInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** Of the calls that have a price. */
  readonly costUsd: number
  /** Calls that asked a model and have none. */
  readonly unpriced: number
  readonly latencyMeanMs: number
  /** From a mergeable histogram: upper bounds, within 12 %. */
  readonly latencyP50Ms: number
  readonly latencyP95Ms: number
  readonly latencyP99Ms: number
}

/** What limits count by: a call's key, and the version that it was assigned to. */
export const spentDimensions = ['key', 'consumer', 'team', 'model', 'major', 'version'] as const
export type SpentDimension = (typeof spentDimensions)[number]
/** And who accounted for it: where stores are copied, or gateways have stores of their own, the same one tells no less later. */
export const spentColumns = [...spentDimensions, 'writer'] as const
export type SpentColumn = (typeof spentColumns)[number]

/** Every day (UTC) that the time touches counts as a whole. */
export interface SpentQuery {
  readonly from: number
  readonly to: number
  readonly by: readonly SpentColumn[]
  /** Consumers whose spending is left out. */
  readonly without?: readonly string[]
}

/** Those who spent nothing have no row. */
export interface SpentRow {
  /** Values of the dimensions asked for; "" where a call had none, a major without its "v". */
  readonly by: Readonly<Partial<Record<SpentColumn, string>>>
  readonly costUsd: number
}

/** What management keeps. Small, rarely written, read at start. */
export interface StateStore {
  catalog(): Promise<StoredCatalog | undefined>
  /** Writes revision `revision`, which must be the successor of the newest; else throws AstraError `conflict`. */
  saveCatalog(catalog: StoredCatalog): Promise<void>
  keys(): Promise<readonly StoredKey[]>
  /** All of them or none. */
  saveKeys(keys: readonly StoredKey[]): Promise<void>
  /** When each key was last used, ms since the Unix epoch, by its id. */
  keyUses(): Promise<ReadonlyMap<string, number>>
  /** Not synced to the disk: a loss of power may lose the last ones. */
  saveKeyUses(uses: ReadonlyMap<string, number>): Promise<void>
  /** Small named values that must outlive a restart, e.g. the digest of the manifest last applied at start. */
  setting(name: string): Promise<string | undefined>
  saveSetting(name: string, value: string): Promise<void>
  /** Keeps the value where there is none of this name, and gives the one that is kept: the same to all who ask at once. */
  settingOr(name: string, value: string): Promise<string>
}

export interface StoredCatalog {
  readonly revision: number
  /** ms since the Unix epoch. */
  readonly time: number
  readonly state: CatalogState
  /** Digest of every version ever applied, by "model/major/version": it stays after the version is removed. */
  readonly digests: Readonly<Record<string, string>>
}

export interface StoredKey {
  readonly key: Key
  /** SHA-256 of the key, hexadecimal. */
  readonly hash: string
}
