import type { Catalog } from './catalog.ts'
import type { GateBound } from './contract-policies.ts'
import type { ErrorCode } from './errors.ts'

/** One input, and what is known of the answer to it. */
export interface EvaluationCase {
  /** Of the set's own, else its line: unique within the set. */
  readonly id: string
  /** Canonical, as the contract's schema has it. */
  readonly input: unknown
  /** The truth; a part of it will do: of a classification its label, of a regression its number, of a chat its text. */
  readonly expected?: unknown
  /** What a version answered then, of calls that are replayed; it may be wrong, so that it is compared and not counted as truth. */
  readonly answered?: unknown
}

/** Which version is asked what. All of it is asked for once; the gateway's own limits bound how fast. */
export interface EvaluationRun {
  /** Stands in every Record of it as the reference. */
  readonly id: string
  readonly kind: 'eval' | 'replay'
  readonly model: string
  readonly major: number
  /** Version ids. */
  readonly version: string
  /** Asked the same, beside it. */
  readonly against?: string
  readonly cases: readonly EvaluationCase[]
  /** 1 to `concurrencyMax`; default 4. */
  readonly concurrency?: number
  /** Left out: the active one. */
  readonly catalog?: Catalog
  readonly signal: AbortSignal
  readonly progress?: (progress: EvaluationProgress) => void
}

export const concurrencyMax = 32
export const casesMax = 10_000

export interface EvaluationProgress {
  readonly cases: number
  readonly done: number
  /** Of those done, by the version that is evaluated. */
  readonly failed: number
}

/**
 * Rejects with an AstraError where the model, the major or a version does not exist; whatever goes wrong later stands in the report.
 * Aborted, it resolves with what it has.
 */
export type Evaluate = (run: EvaluationRun) => Promise<EvaluationReport>

interface MeasureRow {
  readonly summary: string
  /** How its numbers are told: shares as per cent, ms, USD. */
  readonly unit: 'share' | 'ms' | 'usd' | 'number'
  readonly better: 'higher' | 'lower'
}

/** What a version can be measured by, and bounds can be set on. All are of the cases that were asked, failed ones included. */
export const evaluationMeasures = {
  accuracy: row('Cases with a truth whose answer agrees with it; one that failed does not', 'share', 'higher'),
  agreement: row('Cases whose answer agrees with that of the other version, or of then', 'share', 'higher'),
  distance: row('How far answers are from the truth, or from the other answer: 0 to 1, the mean', 'share', 'lower'),
  'absolute-error': row('Of numbers, how far they are from the truth, the mean', 'number', 'lower'),
  errors: row('Cases that failed, for whatever reason', 'share', 'lower'),
  'invalid-output': row('Cases whose answer broke the contract', 'share', 'lower'),
  refusals: row('Cases that a language model refused to answer', 'share', 'lower'),
  truncations: row('Cases whose answer was cut off at its bound', 'share', 'lower'),
  latency: row('Until the answer was there, or the case had failed, the mean', 'ms', 'lower'),
  'latency-p50': row('Half of the cases were answered, or had failed, after so long', 'ms', 'lower'),
  'latency-p95': row('95 of 100 cases were answered, or had failed, after so long', 'ms', 'lower'),
  'latency-p99': row('99 of 100 cases were answered, or had failed, after so long', 'ms', 'lower'),
  cost: row('Of a case, the mean', 'usd', 'lower'),
  'cost-total': row('Of all cases', 'usd', 'lower'),
  tokens: row('Output tokens of a case, the mean', 'number', 'lower'),
} as const satisfies Readonly<Record<string, MeasureRow>>

export type EvaluationMeasure = keyof typeof evaluationMeasures

export function isMeasure(name: string): name is EvaluationMeasure {
  return Object.hasOwn(evaluationMeasures, name)
}

/** What is wrong with a limit, in the units of the API: of a share more than 1 would pass, or fail, whatever the cases say. */
export function boundFault(measure: EvaluationMeasure, limit: number): string | undefined {
  const { unit } = evaluationMeasures[measure]
  return unit === 'share' && limit > 1 ? 'must be a share from 0 to 1, such as 0.95' : undefined
}

export interface EvaluationReport {
  readonly kind: EvaluationRun['kind']
  readonly model: string
  readonly major: number
  /** What was evaluated, and what it was held against, where something was. */
  readonly version: EvaluatedVersion
  readonly against?: EvaluatedVersion
  /** Of the run; `asked` is less where it is partial. */
  readonly cases: number
  readonly asked: number
  /** Why it ended before its last case. Left out: it did not. */
  readonly partial?: PartialReason
  readonly startedAt: number
  readonly durationMs: number
  /** The version less the other, of the cases that both were asked. */
  readonly differences: Readonly<Partial<Record<EvaluationMeasure, EvaluationDifference>>>
  /** Where it was furthest from the truth, or from the other, the furthest first; at most `disagreementsMax`. */
  readonly disagreements: readonly EvaluationDisagreement[]
  /** For people: what came out, in a few sentences. */
  readonly verdict: string
}

export const disagreementsMax = 50

/** `budget`: that of the internal consumer is used up. `limits`: its rate limits allowed no more for too long. */
export type PartialReason = 'cancelled' | 'budget' | 'limits' | 'stopping'

export interface EvaluatedVersion {
  readonly version: string
  readonly digest: string
  readonly answered: number
  readonly failed: Readonly<Partial<Record<ErrorCode, number>>>
  /** Those that can be told of these cases. */
  readonly measures: Readonly<Partial<Record<EvaluationMeasure, EvaluationFigure>>>
  /** Something of its cost or tokens was counted here, or has no price. */
  readonly usageEstimated: boolean
  readonly unpriced: number
  /** Of labels: the most frequent ones, at most `labelsMax`. */
  readonly labels?: readonly LabelFigures[]
  /** What was expected, and what was answered instead or as well: counts above 0 of the labels listed. */
  readonly confusion?: readonly ConfusionCell[]
}

export const labelsMax = 50

export interface EvaluationFigure {
  readonly value: number
  /** Cases that it is of. */
  readonly n: number
  /** 95 %, valid however often it is looked at. Left out where none can be given. */
  readonly lower?: number
  readonly upper?: number
}

export interface EvaluationDifference extends EvaluationFigure {
  /** The interval excludes 0 on the better, or on the worse side. Left out: neither is shown. */
  readonly shown?: 'better' | 'worse'
}

export interface LabelFigures {
  readonly label: string
  readonly expected: number
  readonly answered: number
  readonly right: number
  /** Of the answers with this label those that are right, and of the cases with this truth those that were found. */
  readonly precision?: number
  readonly recall?: number
}

export interface ConfusionCell {
  readonly expected: string
  readonly answered: string
  readonly cases: number
}

export interface EvaluationDisagreement {
  /** Its id, which may be what people wrote, as the quotes below: left out with them. */
  readonly case?: string
  /** 0 to 1; 1 where it failed. */
  readonly distance: number
  /** The other version was right. These come first. */
  readonly lost?: true
  /** Ids of the calls, for their Records. */
  readonly call?: string
  readonly callAgainst?: string
  readonly code?: ErrorCode
  /** JSON, cut. Left out of replays, whose payloads have an end of their own. */
  readonly input?: string
  readonly expected?: string
  readonly answered?: string
  readonly answeredAgainst?: string
}

export type EvaluationStatus =
  | 'queued'
  | 'running'
  /** Also where the report is partial. */
  | 'done'
  | 'cancelled'
  /** It could not begin. */
  | 'failed'
  /** The gateway stopped or broke down before it had ended. */
  | 'interrupted'

/** An evaluation that somebody asked for, as it is kept. */
export interface Evaluation {
  readonly id: string
  /** ms since the Unix epoch; the key that asked. */
  readonly time: number
  readonly by: string
  readonly status: EvaluationStatus
  readonly kind: EvaluationRun['kind']
  readonly model: string
  readonly major: number
  readonly version: string
  readonly against?: string
  /** Where the cases are from, for people; and the name of their set, where they are of one. */
  readonly source: string
  readonly set?: string
  readonly cases: number
  readonly require: Requirements
  readonly startedAt?: number
  readonly endedAt?: number
  readonly report?: EvaluationReport
  /** Of `require`, when there is a report. */
  readonly bounds?: readonly BoundOutcome[]
  readonly fault?: { readonly code: ErrorCode; readonly detail: string }
  /** What is no fault and yet to be known. */
  readonly notes: readonly string[]
}

/** Without what may be large. */
export type EvaluationRow = Omit<Evaluation, 'report'>

export interface EvaluationStore {
  /** In place of the one with this id; the latest `evaluationsMax` stay. */
  save(evaluation: Evaluation): Promise<void>
  evaluation(id: string): Promise<Evaluation | undefined>
  /** The newest first. */
  list(filter: EvaluationFilter): Promise<readonly EvaluationRow[]>
  /** Whether there was one. */
  remove(id: string): Promise<boolean>
}

export interface EvaluationFilter {
  readonly model?: string
  readonly limit: number
  /** Older than the one with this id. */
  readonly before?: string
}

export const evaluationsMax = 200

/** Whether a bound was met. */
export interface BoundOutcome {
  readonly measure: EvaluationMeasure
  readonly bound: keyof GateBound
  readonly limit: number
  /** What it was held against: of `drop` how much worse it is. Left out where the cases cannot tell. */
  readonly value?: number
  /** `skipped`: a `drop` without another version. What cannot be told is failed. */
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** "accuracy 89.7 % is below 95 %" */
  readonly words: string
}

export type Requirements = Readonly<Record<string, GateBound>>

function row(summary: string, unit: MeasureRow['unit'], better: MeasureRow['better']): MeasureRow {
  return { summary, unit, better }
}
