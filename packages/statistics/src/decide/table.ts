import type { CandidateAnalysis, MetricResult } from '../analysis/analysis.ts'
import type { Thresholds } from './thresholds.ts'

export type Action = 'break-circuit' | 'roll-back' | 'pause' | 'promote' | 'end' | 'hold'

export type ReasonCode =
  | 'latest-calls-failed'
  | 'server-errors'
  | 'control-failing'
  | 'guardrail-harmful'
  | 'success-worse'
  | 'sample-ratio'
  | 'feedback-ratio'
  | 'success-better'
  | 'maximal-duration'
  | 'too-few-units'
  | 'too-early'
  | 'no-success-metric'
  | 'not-shown-better'
  | 'guardrail-not-shown-safe'

/** Why a row applies, as data; `metric` names one of the analysis, the numbers are what was compared. */
export interface Reason {
  readonly code: ReasonCode
  readonly metric?: string
  readonly actual?: number
  readonly limit?: number
}

export interface Row {
  readonly order: number
  readonly action: Action
  readonly rule: string
  /** The reasons why the row applies; none: it doesn't. */
  readonly reasons: (analysis: CandidateAnalysis, thresholds: Thresholds) => readonly Reason[]
}

/**
 * The one precedence table of decisions: the first row with a reason wins. The last always has one. While the control itself fails, no row that
 * would give it all traffic applies.
 */
export const decisionTable: readonly Row[] = [
  {
    order: 1,
    action: 'break-circuit',
    rule: 'at least half of the last 20 calls failed, and less than half as many of the control, or 5 % 5xx over at least 200 calls while the control is under 1 %',
    reasons: whileControlIsWell((analysis, thresholds) => [
      ...failingCalls(analysis, thresholds),
      ...serverErrors(analysis, thresholds),
    ]),
  },
  {
    order: 2,
    action: 'roll-back',
    rule: 'a guardrail is shown harmful, or a success metric is shown worse',
    reasons: whileControlIsWell(({ metrics }) => [
      ...metrics.filter(isHarmful).map(({ metric }) => ({ code: 'guardrail-harmful', metric: metric.name }) as const),
      ...metrics
        .filter(isShown('worse'))
        .map(({ metric }) => ({ code: 'success-worse', metric: metric.name }) as const),
    ]),
  },
  {
    order: 3,
    action: 'pause',
    rule: 'the arms did not get the units that were declared, or not equally much feedback',
    reasons: (analysis, { sampleRatioP: limit, feedbackRatioP }) => [
      ...(analysis.sampleRatio.p < limit
        ? [{ code: 'sample-ratio', actual: analysis.sampleRatio.p, limit } as const]
        : []),
      ...unequalFeedback(analysis, feedbackRatioP),
    ],
  },
  {
    order: 4,
    action: 'promote',
    rule: 'the minimal duration and units are reached, a success metric is shown better, no guardrail stands against it',
    reasons: (analysis, thresholds) =>
      obstacles(analysis, thresholds).length > 0
        ? []
        : analysis.metrics
            .filter(isShown('better'))
            .map(({ metric }) => ({ code: 'success-better', metric: metric.name }) as const),
  },
  {
    order: 5,
    action: 'end',
    rule: 'the maximal duration is over: inconclusive, the control stays',
    reasons: whileControlIsWell(({ elapsedMs }, { plan }) =>
      elapsedMs >= plan.maximalDurationMs
        ? [{ code: 'maximal-duration', actual: elapsedMs, limit: plan.maximalDurationMs }]
        : [],
    ),
  },
  {
    order: 6,
    action: 'hold',
    rule: 'anything else, thin data included',
    reasons: (analysis, thresholds) => [...controlFailing(analysis, thresholds), ...obstacles(analysis, thresholds)],
  },
]

/** Rows of which traffic goes to the control. */
function whileControlIsWell(reasons: Row['reasons']): Row['reasons'] {
  return (analysis, thresholds) =>
    controlFailing(analysis, thresholds).length > 0 ? [] : reasons(analysis, thresholds)
}

/**
 * Where the vendor of both is down, either arm may be the first of which half of the last calls failed: the control's latest ones tell
 * that it fails, too, sooner than half of them would.
 */
function controlFailing({ circuit }: CandidateAnalysis, thresholds: Thresholds): Reason[] {
  const { circuitFailures: limit, controlFailuresInRow } = thresholds
  const latest = circuit.control.recentFailures
  const actual = failuresIn(latest)
  const inRow = latest.length >= controlFailuresInRow && latest.slice(-controlFailuresInRow).every((failed) => failed)
  return actual >= limit || inRow ? [{ code: 'control-failing', actual, limit }] : []
}

/** Of which metric, where it is known: what came of any of them may be equal all the same. */
function unequalFeedback({ metrics, feedbackRatio }: CandidateAnalysis, limit: number): Reason[] {
  const lost = metrics.flatMap(({ metric, feedback }): Reason[] =>
    feedback && feedback.p < limit ? [{ code: 'feedback-ratio', metric: metric.name, actual: feedback.p, limit }] : [],
  )
  if (lost.length > 0 || feedbackRatio.p >= limit) return lost
  return [{ code: 'feedback-ratio', actual: feedbackRatio.p, limit }]
}

const failuresIn = (latest: readonly boolean[]): number => latest.filter((failed) => failed).length

/** A control that gets well a little sooner does not make the candidate the one that failed: it must have failed twice as often. */
function failingCalls({ circuit }: CandidateAnalysis, { circuitFailures: limit }: Thresholds): Reason[] {
  const actual = failuresIn(circuit.candidate.recentFailures)
  if (actual < limit || 2 * failuresIn(circuit.control.recentFailures) >= actual) return []
  return [{ code: 'latest-calls-failed', actual, limit }]
}

/** A control without calls says nothing of how it would do: the rule waits. */
function serverErrors({ circuit: { control, candidate } }: CandidateAnalysis, thresholds: Thresholds): Reason[] {
  const { serverErrorShare: limit, serverErrorCalls, controlErrorShare } = thresholds
  if (candidate.calls < serverErrorCalls || control.calls === 0) return []
  if (control.serverErrors / control.calls >= controlErrorShare) return []
  const actual = candidate.serverErrors / candidate.calls
  return actual >= limit ? [{ code: 'server-errors', actual, limit }] : []
}

/** All that stands between a candidate and its promotion. */
function obstacles({ units, elapsedMs, metrics }: CandidateAnalysis, { plan }: Thresholds): Reason[] {
  const found: Reason[] = []
  const fewest = Math.min(units.control, units.candidate)
  if (fewest < plan.minimalUnits) found.push({ code: 'too-few-units', actual: fewest, limit: plan.minimalUnits })
  if (elapsedMs < plan.minimalDurationMs) {
    found.push({ code: 'too-early', actual: elapsedMs, limit: plan.minimalDurationMs })
  }
  const successes = metrics.filter(({ metric }) => metric.kind === 'success')
  if (successes.length === 0) found.push({ code: 'no-success-metric' })
  else if (!metrics.some(isShown('better'))) {
    for (const { metric } of successes) found.push({ code: 'not-shown-better', metric: metric.name })
  }
  for (const { metric, guardrail } of metrics) {
    if (guardrail === undefined) continue
    if (guardrail.harmful) found.push({ code: 'guardrail-harmful', metric: metric.name })
    else if (metric.prove === 'safe' && !guardrail.safe) {
      found.push({ code: 'guardrail-not-shown-safe', metric: metric.name })
    }
  }
  return found
}

const isHarmful = ({ guardrail }: MetricResult): boolean => guardrail?.harmful === true

const isShown =
  (direction: 'better' | 'worse') =>
  (result: MetricResult): boolean =>
    result.metric.kind === 'success' && result.direction === direction
