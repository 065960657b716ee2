import type { Cell } from './columns.ts'

/** Answers of the platform API, as far as tables for people need them. `--json` prints them whole. */
export interface Deployments {
  readonly models: readonly Deployment[]
  readonly revision: number
}

export interface Deployment {
  readonly name: string
  readonly owner: string
  readonly defaultMajor: string
  readonly allowed: boolean
  readonly contracts: readonly {
    readonly major: string
    readonly task: string
    readonly deprecated?: { readonly since: string }
    readonly versions: readonly DeployedVersion[]
    readonly fallback?: readonly string[]
    readonly hedge?: Hedge
    /** For keys with the permission read. */
    readonly rules?: readonly Rule[]
    readonly shadow?: ShadowOf
    /** What calls ask and are answered is kept. */
    readonly capture?: { readonly payload: 'redacted' | 'full'; readonly share: number; readonly keepMs: number }
    /** What sets the parts of the traffic just now; for keys with the permission read. */
    readonly experiment?: HoldingExperiment
  }[]
}

export interface HoldingExperiment {
  readonly name: string
  readonly status: 'running' | 'paused'
}

/** All that stands in `when` must hold. */
export interface Rule {
  readonly version: string
  readonly when: {
    readonly consumers?: readonly string[]
    readonly teams?: readonly string[]
    readonly tags?: Readonly<Record<string, string>>
    readonly claims?: Readonly<Record<string, string>>
  }
}

export interface ShadowOf {
  readonly version: string
  /** From 0 to 1. */
  readonly share: number
  readonly compare?: { readonly measure?: string; readonly tolerance?: number; readonly ignore?: readonly string[] }
}

export interface Hedge {
  readonly afterMs: number
  /** From 0 to 1. */
  readonly share: number
}

export interface DeployedVersion {
  readonly id: string
  readonly backend: string
  readonly immutable: boolean
  readonly share: number
  readonly retired: boolean
  readonly successor?: string
  /** For keys with the permission read. */
  readonly replicas?: readonly { readonly address: string; readonly state: string; readonly reason?: string }[]
}

export interface Replicas {
  readonly versions: readonly {
    readonly version: string
    readonly replicas: readonly ReplicaRow[]
    readonly unresolved: readonly { readonly name: string; readonly reason: string }[]
  }[]
}

export interface ReplicaRow {
  readonly address: string
  readonly source: string
  readonly state: string
  readonly reason?: string
  readonly since: string
  readonly inFlight: number
  readonly attempts: number
  readonly failures: number
  readonly latencyMs?: number
  readonly waiting?: number
}

export interface Plan {
  readonly revision: number
  readonly valid: boolean
  readonly faults: readonly Fault[]
  readonly changes: readonly Change[]
  /** What is no fault and yet likely not meant; an older gateway tells none. */
  readonly notes?: readonly string[]
  /** An older gateway tells none. */
  readonly gates?: readonly PlannedGate[]
  readonly openapiDiff: string
  readonly sdlDiff: string
}

export interface Fault {
  readonly path: string
  readonly message: string
  readonly suggestion?: string
  readonly line?: number
}

export interface Change {
  readonly action: 'add' | 'change' | 'remove'
  readonly what: string
  readonly before?: string
  readonly after?: string
  readonly breaking: boolean
}

export interface Applied {
  readonly revision: number
  readonly changes: readonly Change[]
  readonly gates?: readonly PlannedGate[]
}

export interface PlannedGate {
  readonly contract: string
  readonly version: string
  readonly data: string
  readonly cases: number
  readonly require: string
  readonly passed?: { readonly at: string; readonly words: string }
  /** How often it did not pass before; left out: never. */
  readonly missed?: number
}

export interface CaseSets {
  readonly sets: readonly CaseSet[]
}

export interface CaseSet {
  readonly name: string
  readonly digest: string
  readonly cases: number
  readonly expected: number
  readonly bytes: number
  readonly time: string
  readonly by: string
}

export interface KeyRow {
  readonly id: string
  readonly consumer: string
  readonly permissions: readonly string[]
  readonly models?: readonly string[]
  readonly limits?: KeyLimits
  readonly addresses?: readonly string[]
  readonly note?: string
  readonly createdAt: string
  readonly expiresAt?: string
  readonly revokedAt?: string
  readonly lastUsedAt?: string
  /** An older gateway does not tell it, nor ask for it. */
  readonly revision?: number
}

/** Rates as the manifest has them. */
export interface KeyLimits {
  readonly [kind: string]: unknown
  readonly budget?: { readonly day?: number; readonly month?: number }
}

export interface Audit {
  readonly entries: readonly {
    readonly id: number
    readonly time: string
    readonly keyId: string
    readonly consumer: string
    readonly address?: string
    readonly operation: string
    readonly target: string
    readonly outcome: string
    readonly code?: string
  }[]
  readonly next?: number
}

export interface Calls {
  readonly calls: readonly {
    readonly id: string
    readonly time: string
    readonly door: string
    readonly consumer: string
    readonly model: string
    readonly major?: number
    readonly versionServed?: string
    readonly versionAssigned?: string
    readonly outcome: string
    readonly code?: string
    readonly latencyMs: number
    readonly usageEstimated: boolean
    readonly costUsd?: number
    readonly unpriced: boolean
    /** Left out where the contract has none. */
    readonly cache?: string
  }[]
  readonly next?: string
}

export interface Usage {
  readonly from: string
  readonly to: string
  readonly rows: readonly ({ readonly time: string; readonly by: Readonly<Record<string, string>> } & Readonly<
    Record<
      | 'calls'
      | 'failed'
      | 'items'
      | 'inputTokens'
      | 'outputTokens'
      | 'costUsd'
      | 'unpriced'
      | 'latencyMeanMs'
      | 'latencyP50Ms'
      | 'latencyP95Ms'
      | 'latencyP99Ms',
      number
    >
  > & {
      /** Calls that a cache answered. */
      readonly cached?: number
      readonly cachedInputTokens?: number
      /** An older gateway tells none. */
      readonly cacheWriteInputTokens?: number
    })[]
}

export interface Status {
  readonly version: string
  readonly node: string
  readonly startedAt: string
  readonly catalogRevision: number
  readonly catalogAgeMs: number
  readonly calls: { readonly received: number; readonly recorded: number; readonly refused: number }
  readonly accounting: { readonly waiting: number; readonly written: number; readonly fault?: string }
  /** An older gateway tells none. */
  readonly limits?: { readonly counters: string; readonly fault?: string }
  readonly runtime?: { readonly state: string; readonly restarts: number; readonly lastFault?: string }
  readonly notServed?: readonly { readonly version: string; readonly reason: string }[]
  /** An older gateway tells none. */
  readonly shadows?: readonly ({ readonly contract: string } & ShadowOf)[]
  /** An older gateway tells none. */
  readonly notEvaluated?: readonly { readonly experiment: string; readonly reason: string }[]
}

/** An answer to one call at the native door. */
export interface Answer {
  readonly id: string
  readonly model: string
  readonly version: string
  readonly output: unknown
  readonly cached: boolean
}

/** "2026-11-22T12:00:00.123Z" for people. */
export function shortTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

/** 0.125 for people: "12.5%". */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`
}

export function rounded(ms: number): Cell {
  return Number(ms.toFixed(1))
}
