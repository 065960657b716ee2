import type { CachePolicy } from './cache.ts'
import type { Caller, Permission } from './caller.ts'
import type { Violation } from './errors.ts'
import type { ExperimentState, FeedbackMetric, RunningExperiment, TrafficRule } from './experiment.ts'
import type { Limits, WhenUnavailable } from './limits.ts'
import type { Schema } from './schema/schema.ts'
import type { ShadowCompare } from './shadow.ts'
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

/** A share of the calls is copied to a version whose answers are not served. */
export interface Shadow {
  readonly version: string
  /** In (0, 1]. */
  readonly share: number
  readonly compare?: ShadowCompare
}

/** A model that scores a share of the answers, in the background: it learns neither the version nor who called. */
export interface Judge {
  readonly model: string
  readonly major: number
  /** Version id: another version would be another measure. */
  readonly version: string
  /** In (0, 1], the same for every arm. */
  readonly share: number
  /** JSON Pointers into its output: the metric's value, and a comment. */
  readonly value: string
  readonly comment?: string
}

/** How inputs and outputs are compared with those of a reference window. */
export interface DriftPolicy {
  /** How much of the latest time is held against the reference, ms. */
  readonly windowMs: number
  /** Days as ISO dates, UTC, both included; left out: the first values, as many as `DriftPolicy.first` says. */
  readonly reference?: { readonly from: string; readonly to: string }
  /** Of each feature so many values of a version make its reference where no days are declared. */
  readonly first: number
  /** By name; left out: those that the schemas give (lengths, numbers, labels). */
  readonly features?: Readonly<Record<string, DriftFeature>>
}

export interface DriftFeature {
  readonly of: 'input' | 'output'
  /** JSON Pointer; "" is the whole. */
  readonly at: string
  /** A text's characters or a list's entries, a number, one from 0 to 1 of which both ends matter, or a value out of few. */
  readonly as: 'length' | 'number' | 'probability' | 'category'
}

/** Which payloads are kept beside their Records, and for how long. Left out: none. */
export interface CapturePolicy {
  /** `redacted`: before anything is written. */
  readonly payload: 'redacted' | 'full'
  /** In (0, 1]. */
  readonly share: number
  readonly keepMs: number
  /** Of `redacted`: JSON Pointers, "*" for every entry, of what is left out whole, in inputs ("/input/…") and outputs ("/output/…"). */
  readonly redact?: readonly string[]
}

/** What a version is to come to on a set of cases. */
export interface Gate {
  /** Name of the set. */
  readonly data: string
  /** At most so many of its cases, always the same ones; left out: all. */
  readonly cases?: number
  /** By the measure's name. */
  readonly require: Readonly<Record<string, GateBound>>
}

export interface GateBound {
  readonly min?: number
  readonly max?: number
  /** At most so much worse than the version that has most of the traffic, on the same cases. */
  readonly drop?: number
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

/** An OpenID Connect provider, or whoever else signs JSON Web Tokens. */
export interface IssuerState {
  /** As in the tokens' `iss`; where its configuration is found, unless `jwksUrl` says where the keys are. */
  readonly issuer: string
  readonly jwksUrl?: string
  /** One of these must stand in `aud`. */
  readonly audience: readonly string[]
  /** Signature algorithms of RFC 7518 with public keys. */
  readonly algorithms: readonly string[]
  readonly clockSkewMs: number
  /** Claims by dotted path. */
  readonly consumer: ClaimMap
  readonly team?: ClaimMap
  readonly permissions: readonly PermissionRule[]
}

/** What a claim's value stands for: itself where there is no table. A value that stands in no table is refused. */
export interface ClaimMap {
  readonly claim: string
  readonly values?: Readonly<Record<string, string>>
}

/** Who has this value in this claim (a text, or a list that holds it) may do this; without a claim, everybody. */
export interface PermissionRule {
  readonly claim?: string
  readonly value?: string
  readonly permissions: readonly Permission[]
  readonly models?: readonly string[]
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
  consumer(name: string): ConsumerState | undefined
  team(name: string): TeamState | undefined
}

/** Where the caller's token says none, its consumer's. */
export function teamOf(
  { team, consumer }: Pick<Caller, 'team' | 'consumer'>,
  catalog: Pick<Catalog, 'consumer'>,
): string | undefined {
  return team ?? catalog.consumer(consumer)?.team
}

export interface Model {
  readonly name: string
  readonly owner: string
  readonly description: string | undefined
  readonly defaultMajor: number
  readonly contracts: ReadonlyMap<number, Contract>
  readonly limits: Limits | undefined
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
  readonly cache: CachePolicy | undefined
  readonly rules?: readonly CompiledRule[] | undefined
  readonly shadow?: CompiledShadow | undefined
  readonly judges?: Readonly<Record<string, Judge>> | undefined
  readonly drift?: DriftPolicy | undefined
  readonly capture?: CapturePolicy | undefined
  /** Some observer may want its calls: any of the four above is declared. */
  readonly observed?: boolean
  /** One that runs or is paused; then `split` is how it splits the units that are enrolled. */
  readonly experiment?: (RunningExperiment & { readonly control: Version }) | undefined
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

export interface CompiledRule extends Omit<TrafficRule, 'version'> {
  readonly version: Version
}

export interface CompiledShadow extends Omit<Shadow, 'version'> {
  readonly version: Version
}

/** One version's part of the traffic. */
export interface Share {
  readonly version: Version
  /** In (0, 1]; the shares of a contract add up to 1. */
  readonly share: number
  /** Upper end of its part of [0, 1). */
  readonly upTo: number
  /** It was that of an arm which has left an experiment: `version` is the control, and whoever falls here takes part no more. */
  readonly left?: true
}

export interface ContractCheck {
  /** Violations of the input schema with JSON Pointers below `path`; undefined when it fits. */
  input(value: unknown, path: string): readonly Violation[] | undefined
  /** Takes undeclared fields out of `value` in place, then checks it. */
  output(value: unknown): readonly Violation[] | undefined
  chunk(value: unknown): readonly Violation[] | undefined
}
