import type { ContractExample, Deprecation, Price } from '../../kernel/catalog-state.ts'
import type { Shadow } from '../../kernel/contract-policies.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { WhenUnavailable } from '../../kernel/limits.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import type { ManifestCache } from './cache-policy.ts'
import type { ManifestCapture } from './capture.ts'
import type { ManifestConsumer, ManifestTeam } from './consumer.ts'
import type { ManifestDrift } from './drift.ts'
import type { ManifestExperiment } from './experiment.ts'
import type { ManifestMetric } from './feedback-metrics.ts'
import type { ManifestGate } from './gates.ts'
import type { ManifestIssuer } from './issuer.ts'
import type { ManifestJudge } from './judges.ts'
import type { ManifestLimits } from './owner-limits.ts'
import type { ManifestRule } from './traffic-rules.ts'

/** `astra.yaml` as read: its form and meaning are checked, its defaults are not filled in yet. */
export interface Manifest {
  readonly models: Readonly<Record<string, ManifestModel>>
  readonly consumers: Readonly<Record<string, ManifestConsumer>>
  readonly teams: Readonly<Record<string, ManifestTeam>>
  readonly issuers: Readonly<Record<string, ManifestIssuer>>
  /** By the name of the upstream model, in any order of their days. */
  readonly prices: Readonly<Record<string, readonly Price[]>>
  readonly experiments: Readonly<Record<string, ManifestExperiment>>
}

export interface ManifestModel {
  readonly owner: string
  readonly description?: string
  /** "v1" */
  readonly default?: string
  /** By major, "v1". */
  readonly contracts: Readonly<Record<string, ManifestContract>>
  /** Of all who call it. */
  readonly limits?: ManifestLimits
}

export interface ManifestContract {
  readonly task?: TaskName
  readonly description?: string
  readonly labels?: readonly string[]
  readonly dimensions?: number
  readonly input?: Schema
  readonly output?: Schema
  readonly chunk?: Schema
  /** Of the revisions before this one, oldest first, for a gateway that never saw them; any other keeps its own. */
  readonly earlier?: readonly { readonly input: Schema; readonly output: Schema; readonly chunk?: Schema }[]
  readonly streams?: boolean
  readonly examples?: readonly ContractExample[]
  readonly limits?: {
    readonly body?: string | number
    readonly items?: number
    readonly timeout?: string
    readonly firstByte?: string
    readonly idle?: string
    readonly inFlight?: number
    readonly queue?: number
    readonly outputTokens?: number
    readonly whenUnavailable?: WhenUnavailable
  }
  readonly deprecated?: Deprecation
  readonly versions: Readonly<Record<string, ManifestVersion>>
  readonly traffic?: {
    readonly weights?: Readonly<Record<string, number>>
    readonly fallback?: readonly string[]
    readonly hedge?: { readonly after: string; readonly share: number }
    readonly rules?: readonly ManifestRule[]
    readonly shadow?: Shadow
  }
  readonly cache?: ManifestCache
  /** Which payloads are kept beside its Records; left out: none. */
  readonly capture?: ManifestCapture
  /** What feedback may say of its calls, by name. */
  readonly metrics?: Readonly<Record<string, ManifestMetric>>
  /** What a version must come to before it is deployed. */
  readonly gates?: readonly ManifestGate[]
  /** Who judges its answers, by metric. */
  readonly judges?: Readonly<Record<string, ManifestJudge>>
  readonly drift?: ManifestDrift
}

/** Its remaining fields belong to the backend. */
export interface ManifestVersion {
  readonly backend?: string
  readonly replicas?: readonly string[]
  readonly revision?: number
  readonly retired?: { readonly successor?: string }
  readonly limits?: ManifestLimits
  readonly [setting: string]: unknown
}

/** Where a fault stands: the keys from the top of the manifest. */
export type Place = readonly string[]

/** Turns a place into a fault with its dotted path and its line. */
export type FaultAt = (place: Place, message: string, suggestion?: string) => Violation

export type ReadManifest =
  | { readonly manifest: Manifest; readonly faultAt: FaultAt }
  | { readonly faults: readonly Violation[] }
