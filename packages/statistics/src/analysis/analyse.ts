import {
  type CircuitCounts,
  type Epoch,
  type Evidence,
  type MetricDefinition,
  type Plan,
  planDefaults,
} from '../evidence.ts'
import { runningP } from '../intervals/normal-mixture.ts'
import { alphaPerMetric } from '../multiplicity.ts'
import { sampleRatioCheck } from '../sample-ratio.ts'
import { analyseMetric } from './analyse-metric.ts'
import type { Analysis, CandidateAnalysis, RatioCheck, RunningPs } from './analysis.ts'

/**
 * Analyses an experiment: each candidate against the control. It may be called at any time and as often as one likes; every
 * statement holds at all times at once. `previous` is the `running` of the analysis before.
 * Throws RangeError on evidence that contradicts its definitions (types, shares, edges).
 */
export function analyse(
  evidence: Evidence,
  metrics: readonly MetricDefinition[],
  plan: Plan = planDefaults,
  previous: RunningPs = {},
): Analysis {
  const arms = [evidence.control, ...evidence.candidates]
  const sampleRatio = ratioCheck(evidence.epochs, arms, 'assigned', previous.sampleRatio)
  const feedbackRatio = ratioCheck(evidence.epochs, arms, 'withFeedback', previous.feedbackRatio)
  const candidates = evidence.candidates.map((candidate): CandidateAnalysis => {
    const pair = { control: evidence.control, candidate }
    return {
      ...pair,
      units: {
        control: sampleRatio.counts[evidence.control] ?? 0,
        candidate: sampleRatio.counts[candidate] ?? 0,
      },
      elapsedMs: evidence.elapsedMs,
      metrics: metrics.map((metric) =>
        analyseMetric(
          metric,
          evidence.epochs,
          pair,
          plan,
          alphaOf(metric, metrics, evidence, plan),
          previous.metrics?.[candidate]?.[metric.name],
        ),
      ),
      sampleRatio,
      feedbackRatio,
      circuit: {
        control: evidence.circuit[evidence.control] ?? noCalls,
        candidate: evidence.circuit[candidate] ?? noCalls,
      },
    }
  })
  return { candidates, running: runningOf(candidates, sampleRatio, feedbackRatio) }
}

const noCalls: CircuitCounts = { calls: 0, serverErrors: 0, recentFailures: [] }

/** Success metrics share alpha; a guardrail's interval is told at the plan's. */
function alphaOf(metric: MetricDefinition, all: readonly MetricDefinition[], evidence: Evidence, plan: Plan): number {
  if (metric.kind === 'guardrail' || plan.multiplicity === 'none') return plan.alpha
  const successMetrics = all.filter(({ kind }) => kind === 'success').length
  return alphaPerMetric(plan.alpha, successMetrics, evidence.candidates.length)
}

function ratioCheck(
  epochs: readonly Epoch[],
  arms: readonly string[],
  what: 'assigned' | 'withFeedback',
  previous: number | undefined,
): RatioCheck {
  const counted = epochs.map(({ arms: evidence, shares }) => ({
    counts: arms.map((arm) => evidence[arm]?.[what] ?? 0),
    shares: arms.map((arm) => shares[arm] ?? 0),
  }))
  const counts = Object.fromEntries(arms.map((arm, i) => [arm, sumOf(counted, ({ counts: c }) => c[i] ?? 0)]))
  const expected = Object.fromEntries(
    arms.map((arm, i) => [
      arm,
      sumOf(counted, (epoch) => (epoch.shares[i] ?? 0) * epoch.counts.reduce((a, b) => a + b, 0)),
    ]),
  )
  return { p: runningP(previous, sampleRatioCheck(counted).p), counts, expected }
}

const sumOf = <T>(list: readonly T[], of: (item: T) => number): number => list.reduce((sum, item) => sum + of(item), 0)

const runningOf = (
  candidates: readonly CandidateAnalysis[],
  sampleRatio: RatioCheck,
  feedbackRatio: RatioCheck,
): RunningPs => ({
  sampleRatio: sampleRatio.p,
  feedbackRatio: feedbackRatio.p,
  metrics: Object.fromEntries(
    candidates.map(({ candidate, metrics }) => [
      candidate,
      Object.fromEntries(metrics.map(({ metric, p }) => [metric.name, p])),
    ]),
  ),
})
