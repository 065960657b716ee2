import type { Permission } from './caller.ts'
import type { Violation } from './errors.ts'
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
  /** By what `Backend.upstreamModel` says; of each the latest stands last. */
  readonly prices?: Readonly<Record<string, readonly Price[]>>
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
}

/** A second attempt beside a first one that has not begun to answer. */
export interface Hedge {
  readonly afterMs: number
  /** At most this share of the calls, in (0, 1]. */
  readonly share: number
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
}

export interface ConsumerState {
  readonly description?: string
  /** A key that may only infer is made at start and printed in the curl line. */
  readonly demo: boolean
}

/** Who may do what by default when a key is created for a consumer. */
export const defaultPermissions: readonly Permission[] = ['infer']

/** The state as the journey uses it: looked up by name, compiled on first use. */
export interface Catalog {
  readonly revision: number
  /** When it was activated, ms since the Unix epoch. */
  readonly activatedAt: number
  readonly state: CatalogState
  model(name: string): Model | undefined
  modelNames(): readonly string[]
  hasConsumer(name: string): boolean
}

export interface Model {
  readonly name: string
  readonly owner: string
  readonly description: string | undefined
  readonly defaultMajor: number
  readonly contracts: ReadonlyMap<number, Contract>
}

export interface Contract {
  readonly model: string
  readonly major: number
  readonly task: TaskName
  readonly description: string | undefined
  readonly streams: boolean
  /** The highest revision that every version with traffic implements. */
  readonly publishedRevision: number
  readonly published: ContractRevision
  readonly examples: readonly ContractExample[]
  readonly limits: ContractLimits
  readonly deprecated: Deprecation | undefined
  readonly versions: ReadonlyMap<string, Version>
  readonly split: readonly Share[]
  readonly fallback: readonly Version[]
  readonly hedge: Hedge | undefined
  /** Compiled on first use from the published revision. */
  readonly check: ContractCheck
}

export interface Version {
  readonly id: string
  readonly contract: Contract
  readonly state: VersionState
  /** The tensor signature of the contract revision it implements. */
  readonly tensors: TensorSignature | undefined
}

/** "spam@v1/1.1": the name of a version among all. */
export function versionKey(model: string, major: number | string, id: string): string {
  return `${model}@v${major}/${id}`
}

/** One version's part of the traffic. */
export interface Share {
  readonly version: Version
  /** In (0, 1]; the shares of a contract add up to 1. */
  readonly share: number
  /** Upper end of its part of [0, 1). */
  readonly upTo: number
}

export interface ContractCheck {
  /** Violations of the input schema with JSON Pointers below `path`; undefined when it fits. */
  input(value: unknown, path: string): readonly Violation[] | undefined
  /** Takes undeclared fields out of `value` in place, then checks it. */
  output(value: unknown): readonly Violation[] | undefined
  chunk(value: unknown): readonly Violation[] | undefined
}
