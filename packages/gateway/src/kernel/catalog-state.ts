import type { CachePolicy } from './cache.ts'
import type { CapturePolicy, DriftPolicy, Gate, Hedge, Judge, Shadow } from './contract-policies.ts'
import type { ExperimentState, FeedbackMetric, TrafficRule } from './experiment.ts'
import type { IssuerState } from './issuer-state.ts'
import type { Limits, WhenUnavailable } from './limits.ts'
import type { Schema } from './schema/schema.ts'
import type { TaskName } from './tasks.ts'
import type { TensorSignature } from './tensors.ts'

/**
 * What is deployed, as plain data: the manifest with every default spelt out and every contract's revisions kept.
 * Immutable; a change makes a new, numbered state that replaces the old one as a whole.
 */
export interface CatalogState {
  readonly models: Readonly<Record<string, ModelState>>
  readonly consumers: Readonly<Record<string, ConsumerState>>
  readonly teams?: Readonly<Record<string, TeamState>>
  /** Who else may say who calls, besides keys; by the name that the manifest gives. */
  readonly issuers?: Readonly<Record<string, IssuerState>>
  /** By what `Backend.upstreamModel` says; of each the latest stands last. */
  readonly prices?: Readonly<Record<string, readonly Price[]>>
  readonly experiments?: Readonly<Record<string, ExperimentState>>
}

/** What an upstream model costs from a day on (UTC, "2026-01-31"): USD per million tokens, and per million items. */
export interface Price {
  readonly from: string
  readonly input?: number
  /** Of the input tokens those read from a prompt cache; left out: as `input`. */
  readonly cachedInput?: number
  /** Of the input tokens those written to one; left out: as `input`. */
  readonly cacheWriteInput?: number
  readonly output?: number
  /** Of the output tokens those of reasoning; left out: as `output`. */
  readonly reasoning?: number
  readonly items?: number
}

export interface ModelState {
  readonly owner: string
  readonly description?: string
  /** The major that a call without one means. */
  readonly defaultMajor: number
  /** By major, "1", "2", … */
  readonly contracts: Readonly<Record<string, ContractState>>
  readonly limits?: Limits
}

export interface ContractState {
  readonly task: TaskName
  readonly description?: string
  readonly streams: boolean
  /** Revision n stands at index n-1; each accepts all that the one before accepted. */
  readonly revisions: readonly ContractRevision[]
  readonly examples: readonly ContractExample[]
  readonly limits: ContractLimits
  readonly deprecated?: Deprecation
  /** Every version ever applied and not removed, by its id. */
  readonly versions: Readonly<Record<string, VersionState>>
  /** Parts by version id; only versions with a weight above 0 are listed. */
  readonly weights: Readonly<Record<string, number>>
  /** Versions that are asked in this order when the assigned one fails before its answer has begun. */
  readonly fallback?: readonly string[]
  readonly hedge?: Hedge
  readonly cache?: CachePolicy
  /** The first that holds decides, ahead of experiments and weights. */
  readonly rules?: readonly TrafficRule[]
  readonly shadow?: Shadow
  /** What feedback may say, by name. */
  readonly metrics?: Readonly<Record<string, FeedbackMetric>>
  /** Who judges answers, by the metric that they speak of. */
  readonly judges?: Readonly<Record<string, Judge>>
  readonly drift?: DriftPolicy
  readonly capture?: CapturePolicy
  /** What a version must pass before it is deployed. */
  readonly gates?: readonly Gate[]
}

export interface ContractRevision {
  readonly input: Schema
  readonly output: Schema
  /** The form of one chunk, where the contract streams. */
  readonly chunk?: Schema
  readonly tensors?: TensorSignature
}

export interface ContractExample {
  readonly input: unknown
  readonly output?: unknown
}

export interface ContractLimits {
  readonly bodyBytesMax: number
  readonly itemsMax: number
  readonly timeoutMs: number
  /** Streams: until upstream sends anything, per attempt. */
  readonly firstByteMs: number
  /** Streams: between what upstream sends. */
  readonly idleMs: number
  /** Calls in flight per version in one gateway; past it 503. */
  readonly inFlightMax: number
  /** Calls that wait for a place in flight, per version in one gateway. Left out: none waits. */
  readonly queueMax?: number
  /** Language models: what an answer may have at most, and what is reserved for it; asked of upstream where the caller asks for more. */
  readonly outputTokensMax?: number
  /** While shared counters cannot be reached. Left out: `open`. */
  readonly whenUnavailable?: WhenUnavailable
}

/** RFC 9745 and RFC 8594; dates as ISO 8601. */
export interface Deprecation {
  readonly since: string
  readonly sunset?: string
}

export interface VersionState {
  /** The contract revision it implements. */
  readonly revision: number
  readonly backend: string
  /** The backend's own fields, defaults spelt out. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Addresses that serve it, or names that resolve to them (`dns+http://…`); empty for a backend that runs in the gateway. */
  readonly replicas: readonly string[]
  /** "sha256:…" over all that changes answers. */
  readonly digest: string
  /** False where upstream gives no digest, so that it may change under its name. */
  readonly immutable: boolean
  readonly retired?: { readonly successor?: string }
  readonly limits?: Limits
}

export interface ConsumerState {
  readonly description?: string
  /** A key that may only infer is made at start and printed in the curl line. */
  readonly demo: boolean
  readonly team?: string
  readonly limits?: Limits
  /** Who goes first where calls wait. Left out: `normal`. */
  readonly priority?: Priority
  /** Origins ("https://app.example.com") whose pages may call with this consumer's tokens. Left out: none. */
  readonly origins?: readonly string[]
}

export type Priority = 'high' | 'normal' | 'low'

export interface TeamState {
  readonly description?: string
  readonly limits?: Limits
}
