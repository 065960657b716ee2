import type { Action, CandidateAnalysis, Decision, MetricDefinition, Plan, Verdict } from '@astraapi/statistics'

// What the platform API tells of experiments, as far as the commands and the report need it: `GET /experiments`, `GET /experiments/{name}`
// and `GET /experiments/{name}/report` (the same with history and decisions). Times are ISO 8601.

export const experimentPath = (name: string): string => `/api/v1/experiments/${encodeURIComponent(name)}`

export type Status = 'draft' | 'running' | 'paused' | 'promoted' | 'rolled_back' | 'inconclusive' | 'stopped'

export interface ExperimentRow {
  readonly name: string
  readonly model: string
  readonly major: string
  readonly control: string
  readonly candidates: readonly string[]
  readonly status: Status
  readonly since: string
  readonly reason?: string
  readonly winner?: string
}

export interface ExperimentJson extends ExperimentRow {
  readonly description?: string
  /** Parts of the enrolled units by version. */
  readonly shares: Readonly<Record<string, number>>
  readonly allocation?: { readonly method: string; readonly everyMs: number; readonly least: number }
  readonly ramp: readonly { readonly coverage: number; readonly forMs?: number }[]
  readonly attributionMs: number
  readonly metrics: readonly (MetricDefinition & { readonly from?: object })[]
  readonly plan: Plan
  /** Left out: the manifest has it. */
  readonly origin?: 'api' | 'past'
  readonly startedAt?: string
  /** Running time, without pauses. */
  readonly elapsedMs: number
  /** Of `ramp`. */
  readonly step: number
  /** How long it still lasts, running time; left out of one that stays, and before the first look at it. */
  readonly stepEndsInMs?: number
  readonly epochs: readonly Epoch[]
  /** Key id of whoever changed the status last. */
  readonly by?: string
  readonly arms: readonly Arm[]
  /** Calls of units past the bound on them, which no metric sees. */
  readonly beyond?: number
  /** One for each candidate, once it was evaluated. */
  readonly evaluations: readonly Evaluation[]
  readonly evaluatedAt?: string
  /** Why it could not be evaluated just now. */
  readonly fault?: string
}

export interface Epoch {
  readonly number: number
  readonly from: string
  readonly shares: Readonly<Record<string, number>>
  /** That were new in it; left out before the first look at it. */
  readonly units?: number
}

export interface Arm {
  readonly version: string
  readonly units: number
  readonly calls: number
  readonly failed: number
  readonly costUsd?: number
  readonly latencyP50Ms?: number
  readonly latencyP95Ms?: number
}

export interface Evaluation {
  readonly candidate: string
  readonly analysis: CandidateAnalysis
  readonly decision: Decision
  readonly verdict: Pick<Verdict, 'text' | 'action'>
}

export interface ExperimentReport extends ExperimentJson {
  /** Oldest first. */
  readonly history: readonly HistoryPoint[]
  /** Oldest first: what the controller or a person did, and why. */
  readonly decisions: readonly DecisionEntry[]
}

export interface HistoryPoint {
  readonly time: string
  readonly candidates: Readonly<Record<string, CandidatePoint>>
}

export interface CandidatePoint {
  /** Of both arms, as far as analysed. */
  readonly units: number
  readonly metrics: Readonly<Record<string, Effect>>
}

/** On the metric's scale; `null`: can't be said yet, or unbounded on that side. */
export interface Effect {
  readonly estimate: number | null
  readonly lower: number | null
  readonly upper: number | null
}

export interface DecisionEntry {
  readonly time: string
  readonly action: Action | 'start' | 'resume' | 'stop' | 'step' | 'reshare'
  readonly text: string
  readonly by?: string
}
