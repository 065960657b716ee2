import { type CircuitCounts, type Evidence, type MetricDefinition, type Plan, planDefaults } from '../evidence.ts'
import { alphaPerMetric } from '../multiplicity.ts'
import { analyseMetric } from './analyse-metric.ts'
import type { Analysis, CandidateAnalysis, FeedbackCheck, RatioCheck, RunningPs } from './analysis.ts'
import { feedbackChecks, ratioCheck } from './ratio-checks.ts'

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
  const sampleRatio = ratioCheck(evidence.epochs, arms, ({ assigned }) => assigned, previous.sampleRatio)
  const feedbackRatio = ratioCheck(evidence.epochs, arms, ({ withFeedback }) => withFeedback, previous.feedbackRatio)
  const feedback = feedbackChecks(evidence.epochs, arms, metrics, previous.feedback)
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
        analyseMetric(metric, evidence.epochs, pair, plan, alphaOf(metric, metrics, evidence, plan), {
          previousP: previous.metrics?.[candidate]?.[metric.name],
          feedback: feedback.get(metric.name),
        }),
      ),
      sampleRatio,
      feedbackRatio,
      circuit: {
        control: evidence.circuit[evidence.control] ?? noCalls,
        candidate: evidence.circuit[candidate] ?? noCalls,
      },
    }
  })
  return { candidates, running: runningOf(candidates, sampleRatio, feedbackRatio, feedback) }
}

const noCalls: CircuitCounts = { calls: 0, serverErrors: 0, recentFailures: [] }

/** Success metrics share alpha; a guardrail's interval is told at the plan's. */
function alphaOf(metric: MetricDefinition, all: readonly MetricDefinition[], evidence: Evidence, plan: Plan): number {
  if (metric.kind === 'guardrail' || plan.multiplicity === 'none') return plan.alpha
  const successMetrics = all.filter(({ kind }) => kind === 'success').length
  return alphaPerMetric(plan.alpha, successMetrics, evidence.candidates.length)
}

const runningOf = (
  candidates: readonly CandidateAnalysis[],
  sampleRatio: RatioCheck,
  feedbackRatio: RatioCheck,
  feedback: ReadonlyMap<string, FeedbackCheck>,
): RunningPs => ({
  sampleRatio: sampleRatio.p,
  feedbackRatio: feedbackRatio.p,
  ...(feedback.size > 0 ? { feedback: Object.fromEntries([...feedback].map(([name, { p }]) => [name, p])) } : {}),
  metrics: Object.fromEntries(
    candidates.map(({ candidate, metrics }) => [
      candidate,
      Object.fromEntries(metrics.map(({ metric, p }) => [metric.name, p])),
    ]),
  ),
})
