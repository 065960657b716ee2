import type { AuditLog } from '../../kernel/audit.ts'
import type { SemanticReport } from '../../kernel/cache.ts'
import type { Caller, Key, TokenGrant } from '../../kernel/caller.ts'
import type { CaseSet } from '../../kernel/case-set.ts'
import type { Catalog, Version } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Hedge, Shadow } from '../../kernel/contract-policies.ts'
import type { DriftReports } from '../../kernel/drift.ts'
import type { ErrorCode, Violation } from '../../kernel/errors.ts'
import type { ExperimentState, TrafficRule } from '../../kernel/experiment.ts'
import type { JudgeReports } from '../../kernel/judge.ts'
import type { LimitStatus } from '../../kernel/limits.ts'
import type { PayloadStore } from '../../kernel/payload.ts'
import type { CallRecord } from '../../kernel/record.ts'
import type { ReplicaStatus } from '../../kernel/replicas.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { ShadowReports } from '../../kernel/shadow.ts'
import type { RecordSink, Reports, SinkStatus } from '../../kernel/store.ts'
import type { DriftLooks } from '../drift/drift-looks.ts'
import type { Evaluations } from '../evaluations/evaluations.ts'
import type { Kept } from '../experiments/kept.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { DeclaredExperiment } from '../plan/declare-experiment.ts'
import type { CaseSetControl } from '../sets/case-sets.ts'

/** All that the platform's operations stand on. */
export interface OperationPorts {
  readonly clock: Clock
  readonly catalogControl: CatalogControl
  readonly keyring: Pick<Keyring, 'get' | 'list' | 'lastUsedAt' | 'create' | 'rotate' | 'update' | 'revoke'>
  readonly tokens: TokenMint
  /** Whether a text that will be shown holds a key or a token. */
  readonly holdsKey?: ((text: string) => boolean) | undefined
  readonly audit: Pick<AuditLog, 'list'>
  readonly records: Pick<RecordSink, 'feedback' | 'flush'>
  readonly reports: Reports
  readonly experiments: ExperimentReads
  readonly pending: PendingCalls
  readonly replicas: ReplicaReports
  readonly limits: LimitReports
  readonly shadow: ShadowReports
  readonly drift: Pick<DriftReports, 'drops'> & { readonly looks: Pick<DriftLooks, 'of'> }
  readonly judges: JudgeReports
  readonly payloads: Pick<PayloadStore, 'payload' | 'payloads' | 'forget' | 'count'>
  readonly sets: CaseSetControl
  readonly evaluations: Pick<
    Evaluations,
    'create' | 'evaluation' | 'list' | 'progress' | 'cancel' | 'remove' | 'forgetSet'
  >
  /** Kept answers; what is purged as `CacheStore.purge` has it. */
  readonly cache: {
    purge(prefix: string): Promise<number>
    /** Of contracts of which a text was looked up since the start. */
    semanticReports(): readonly SemanticReport[]
  }
  status(): GatewayStatus
}

/** Makes tokens that stand for a key. */
export interface TokenMint {
  mint(keyId: string, grant: TokenGrant): Promise<Secret>
}

/** Revisions that a write may be meant for; "*", alone or in the list, is any. */
export type IfMatch = '*' | readonly string[]

/** A file that a gate names, as the set that it would be. */
export type GateFile = Pick<CaseSet, 'name' | 'digest' | 'cases' | 'expected'>

/** What is deployed, and the ways to change it. Writes reject with `precondition_failed` when `ifMatch` does not name the revision. */
export interface CatalogControl {
  current(): Catalog
  /** The manifest that would make the present state again, as YAML. */
  export(): string
  /** What `apply` would do, were the sets of `files` put before. Faults of the manifest are in the result; it rejects only when it could not look. */
  plan(yaml: string, file?: string, files?: readonly GateFile[]): Promise<PlanResult>
  /**
   * Runs gates first, where there are any to pass, while other changes go on. Rejects with `invalid_manifest`, `breaking_change`,
   * `version_changed` or `gate_failed` and the violations; then nothing was applied. `signal`: nobody waits for it any more.
   */
  apply(yaml: string, file: string | undefined, ifMatch: IfMatch, actor: string, signal?: AbortSignal): Promise<Applied>
  /** Rejects with `conflict` for weights that an experiment holds. */
  setTraffic(model: string, major: number, change: TrafficChange, ifMatch: IfMatch, actor: string): Promise<TrafficSet>
  /** Rejects with `unknown_experiment`, with `conflict` where its status does not allow the change, or with `invalid_input`. */
  changeExperiment(name: string, change: ExperimentChange, ifMatch: IfMatch, actor: string): Promise<ExperimentSet>
  /** A draft. Rejects with `conflict` for a name that is or was used, or with `invalid_input` and the violations. */
  createExperiment(name: string, declared: DeclaredExperiment, ifMatch: IfMatch, actor: string): Promise<ExperimentSet>
  /** What is left out stays. Rejects with `unknown_experiment`, and else as for a new one. */
  updateExperiment(
    name: string,
    change: Partial<DeclaredExperiment>,
    ifMatch: IfMatch,
    actor: string,
  ): Promise<ExperimentSet>
  /** Resolves with the revision. Rejects with `unknown_experiment`, or with `conflict` while it holds traffic. */
  deleteExperiment(name: string, ifMatch: IfMatch, actor: string): Promise<number>
  /** Rejects with `conflict` when the new one does not answer or serves other files; no change when it is there already. */
  addReplica(place: ReplicaPlace, ifMatch: IfMatch, actor: string): Promise<ReplicasSet>
  /** Calls in flight there end in peace. Rejects with `conflict` for the last one; no change when it is not there. */
  removeReplica(place: ReplicaPlace, ifMatch: IfMatch, actor: string): Promise<ReplicasSet>
}

export interface PlanResult {
  /** The revision that it was computed against: the If-Match of the apply that shall do just this. */
  readonly revision: number
  readonly valid: boolean
  readonly faults: readonly Fault[]
  readonly changes: readonly Change[]
  /** What is no fault and yet likely not meant. */
  readonly notes: readonly string[]
  /** Unified diffs; empty when nothing differs. */
  /** What versions that are not deployed yet have to pass first. A plan runs none. */
  readonly gates: readonly PlannedGate[]
  readonly openapiDiff: string
  readonly sdlDiff: string
}

export interface PlannedGate {
  /** "spam@v1" */
  readonly contract: string
  readonly version: string
  /** Name of the set, and how many of its cases the version is asked. */
  readonly data: string
  readonly cases: number
  /** For people: "accuracy at least 95 %". */
  readonly require: string
  /** When, ms since the Unix epoch, and with which figures, for people. Left out: not yet, so that applying runs it. */
  readonly passed?: { readonly at: number; readonly words: string }
  /** How often it did not pass before; left out: never. */
  readonly missed?: number
}

export interface Fault extends Violation {
  readonly code: ErrorCode
}

export interface Change {
  readonly action: 'add' | 'change' | 'remove'
  /** E.g. "version spam@v1 1.1". */
  readonly what: string
  readonly before?: string
  readonly after?: string
  /** True when calls that work now would be refused. */
  readonly breaking: boolean
}

export interface Applied {
  readonly revision: number
  readonly changes: readonly Change[]
  /** Those that versions had to pass for this, all of them passed. */
  readonly gates: readonly PlannedGate[]
  /** As a plan's. */
  readonly notes: readonly string[]
}

/** Parts by version id. */
export type Weights = Readonly<Record<string, number>>

/** What is left out stays as it is; an empty fallback is none. */
export interface TrafficChange {
  readonly weights?: Weights
  readonly fallback?: readonly string[]
  /** A share of 0: none. */
  readonly hedge?: Hedge
  /** All of them, in their order; empty: none. */
  readonly rules?: readonly TrafficRule[]
  /** A share of 0: none. Where it does not say how answers are compared, that stays. */
  readonly shadow?: Shadow
}

export interface TrafficSet {
  readonly revision: number
  readonly weights: Weights
  readonly fallback: readonly string[]
  readonly hedge?: Hedge
  readonly rules?: readonly TrafficRule[]
  readonly shadow?: Shadow
}

/** What becomes of an experiment. Every `reason` is for people. */
export type ExperimentChange =
  | { readonly action: 'start' }
  | { readonly action: 'pause'; readonly reason: string }
  | { readonly action: 'resume' }
  /** To the ramp's next step. */
  | { readonly action: 'step' }
  /** Other parts of the enrolled units by version id, in a new epoch; a candidate that is left out takes part no more. */
  | { readonly action: 'reshare'; readonly shares: Weights; readonly reason?: string }
  /** The winner gets all traffic. It may be left out where only one candidate takes part. */
  | { readonly action: 'promote'; readonly winner?: string; readonly reason?: string }
  /** The control gets all traffic after these three. */
  | { readonly action: 'roll-back'; readonly reason?: string }
  | { readonly action: 'end'; readonly reason?: string }
  | { readonly action: 'stop'; readonly reason?: string }

export interface ExperimentSet {
  readonly revision: number
  readonly experiment: ExperimentState
}

/** What is known of experiments beside the catalog and their evidence. */
export interface ExperimentReads {
  /** What was found last, and before. `startedAt` tells one run from another of the same name. */
  kept(name: string, startedAt: number): Promise<Kept>
  /** Why it could not be evaluated last; for operators. */
  fault(name: string): string | undefined
}

export interface ReplicaPlace {
  readonly model: string
  readonly major: number
  readonly version: string
  readonly address: string
}

export interface ReplicasSet {
  readonly revision: number
  /** All of the version's, as the manifest lists them. */
  readonly replicas: readonly string[]
}

/** How replicas fare, as this gateway sees it; versions by `versionKey`. */
export interface ReplicaReports {
  status(version: string): readonly ReplicaStatus[]
  /** Why a name among the replicas does not resolve just now. */
  nameFault(entry: string): string | undefined
}

/** Who may have limits, of one call; what is left out adds nothing. A consumer's team comes with it. */
export interface LimitOwners {
  readonly key?: Pick<Key, 'id' | 'limits'>
  readonly consumer?: string
  readonly team?: string
  readonly model?: string
  readonly version?: Version
}

/** How bounds stand, nothing being taken. */
export interface LimitReports {
  /** From the narrowest owner to the widest. Rejects with `limits_unavailable`. */
  look(owners: LimitOwners): Promise<readonly LimitStatus[]>
  /** Counts a question of who may only infer. Rejects with `rate_limited`. */
  admitQuestion(caller: Pick<Caller, 'keyId' | 'consumer'>): Promise<void>
}

/** Calls in flight and calls whose Record is not durable yet. */
export interface PendingCalls {
  /** The model is as the caller named it; without a major its default one is meant. */
  recentCall(id: string): Pick<CallRecord, 'consumer' | 'model' | 'major'> | undefined
  /** Of one that has ended. */
  recentRecord(id: string): CallRecord | undefined
  /** The id of this consumer's latest such call with this reference. */
  recentByReference(consumer: string, reference: string): string | undefined
}

export interface GatewayStatus {
  /** Of the software. */
  readonly version: string
  /** Which gateway this is. */
  readonly node: string
  /** ms since the Unix epoch. */
  readonly startedAt: number
  readonly catalogRevision: number
  /** For how long the catalog has not been compared with the store, ms. */
  readonly catalogAgeMs: number
  readonly calls: CallCounts
  readonly accounting: SinkStatus
  readonly limits: { readonly counters: 'memory' | 'redis'; readonly fault: string | undefined }
  /** Left out where this gateway supervises none. */
  readonly runtime?: {
    readonly state: string
    /** Of its process, while it runs. */
    readonly pid?: number
    readonly restarts: number
    readonly lastFault?: string
  }
  /** Experiments that cannot be evaluated just now, so that nothing is decided on them. */
  readonly notEvaluated: readonly { readonly experiment: string; readonly reason: string }[]
  /** Versions that no replica may serve, as none was found to be what was applied. */
  readonly notServed: readonly { readonly version: string; readonly reason: string }[]
}

/** Since the start. received = recorded + refused + those in flight. */
export interface CallCounts {
  readonly received: number
  readonly recorded: number
  /** Refused before the caller was known: counted, not recorded. */
  readonly refused: number
}
