import type { CircuitCounts, Margin, MetricDefinition } from '../evidence.ts'

// What an analysis gives: plain data for the decision, the verdict, the API and the chart. `null` stands for "can't be said yet" and for
// an unbounded side, as JSON has neither NaN nor Infinity.

export interface Bounds {
  readonly lower: number | null
  readonly upper: number | null
}

export interface MetricResult {
  readonly metric: MetricDefinition
  /** What was analysed of each arm: units; of a quantile, values, one of each unit. */
  readonly units: { readonly control: number; readonly candidate: number }
  readonly control: number | null
  readonly candidate: number | null
  /** How `estimate` and `interval` are told: candidate - control, or candidate / control - 1. */
  readonly scale: 'absolute' | 'relative'
  readonly estimate: number | null
  readonly interval: Bounds
  /** The interval holds at all times at once with at least the probability 1 - alpha. */
  readonly alpha: number
  /** Against "no difference", valid at any time; the smallest so far. */
  readonly p: number
  /** Whether there is enough for a decision: `minimalUnits` in each arm, of a quantile as many values. */
  readonly mayDecide: boolean
  /** What the interval shows, in the sense of `optimise`. */
  readonly direction: 'better' | 'worse' | 'unknown'
  /** Of guardrails only. */
  readonly guardrail?: GuardrailResult
  /** Of metrics of feedback, where it is counted. */
  readonly feedback?: FeedbackCheck
  /** For people, e.g. "accuracy +6.8 points, 95 % interval 4.9 to 8.7". */
  readonly words: string
}

export interface GuardrailResult {
  readonly margin: Margin
  /** One-sided at harmAlpha: worse than the margin allows. */
  readonly harmful: boolean
  /** One-sided at alpha: within the margin. */
  readonly safe: boolean
}

export interface RatioCheck {
  /** The smallest so far. */
  readonly p: number
  /** Counts by arm, over all epochs. */
  readonly counts: Readonly<Record<string, number>>
  /** Counts by arm as the declared shares let one expect. */
  readonly expected: Readonly<Record<string, number>>
}

/** Whether a metric's values came equally from all arms of the experiment: `counts` are units with a value. */
export interface FeedbackCheck extends RatioCheck {
  /** By arm, those that could have one: units of which the window has ended. */
  readonly units: Readonly<Record<string, number>>
}

export interface CandidateAnalysis {
  readonly control: string
  readonly candidate: string
  /** Units assigned to each of the two arms. */
  readonly units: { readonly control: number; readonly candidate: number }
  readonly elapsedMs: number
  readonly metrics: readonly MetricResult[]
  /** Of all arms of the experiment. */
  readonly sampleRatio: RatioCheck
  readonly feedbackRatio: RatioCheck
  readonly circuit: { readonly control: CircuitCounts; readonly candidate: CircuitCounts }
}

/** The p-values so far; keep them in the store and hand them in again, so that a restart forgets nothing. */
export interface RunningPs {
  readonly sampleRatio?: number
  readonly feedbackRatio?: number
  /** Of each metric's own feedback, by metric. */
  readonly feedback?: Readonly<Record<string, number>>
  /** By candidate, then by metric. */
  readonly metrics?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface Analysis {
  readonly candidates: readonly CandidateAnalysis[]
  readonly running: RunningPs
}
