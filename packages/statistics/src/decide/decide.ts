import type { Analysis, CandidateAnalysis } from '../analysis/analysis.ts'
import { type Action, decisionTable, type Reason } from './table.ts'
import { type Thresholds, thresholdDefaults } from './thresholds.ts'

export interface Decision {
  readonly candidate: string
  readonly action: Action
  /** The row of the decision table, 1 to 6. */
  readonly row: number
  readonly rule: string
  /** At least one, but for a `hold` of a candidate that nothing stands against (which can't be: it would be promoted). */
  readonly reasons: readonly Reason[]
}

/** The decision on one candidate: the first row of the table that applies. */
export function decideCandidate(analysis: CandidateAnalysis, thresholds: Thresholds = thresholdDefaults): Decision {
  for (const { order, action, rule, reasons: reasonsOf } of decisionTable) {
    const reasons = reasonsOf(analysis, thresholds)
    if (reasons.length > 0) return { candidate: analysis.candidate, action, row: order, rule, reasons }
  }
  return { candidate: analysis.candidate, action: 'hold', row: 6, rule: 'anything else', reasons: [] }
}

export interface ExperimentDecision {
  /** What becomes of the experiment as a whole. With one candidate, that candidate's action. */
  readonly action: Action
  /** With `promote`: whom. */
  readonly promoted?: string
  /** Candidates that get no more traffic, whatever the action. */
  readonly removed: readonly string[]
  readonly decisions: readonly Decision[]
}

/**
 * The decision on an experiment. With several candidates: one that is rolled back leaves, the others go on; a pause pauses all; of those that
 * may be promoted, the one whose first better metric has the lower bound farthest from "no difference" is.
 */
export function decide(analysis: Analysis, thresholds: Thresholds = thresholdDefaults): ExperimentDecision {
  const decisions = analysis.candidates.map((candidate) => decideCandidate(candidate, thresholds))
  const leaves = ({ action }: Decision) => action === 'break-circuit' || action === 'roll-back'
  const removed = decisions.filter(leaves).map(({ candidate }) => candidate)
  const staying = decisions.filter((decision) => !leaves(decision))
  const [first] = decisions
  if (first === undefined) return { action: 'hold', removed, decisions }
  if (staying.length === 0) return { action: first.action, removed, decisions }
  if (staying.some(({ action }) => action === 'pause')) return { action: 'pause', removed, decisions }
  const promoted = bestOf(analysis, staying)
  if (promoted !== undefined) return { action: 'promote', promoted, removed, decisions }
  const action = staying.every((decision) => decision.action === 'end') ? 'end' : 'hold'
  return { action, removed, decisions }
}

function bestOf(analysis: Analysis, decisions: readonly Decision[]): string | undefined {
  const may = new Set(decisions.filter(({ action }) => action === 'promote').map(({ candidate }) => candidate))
  let best: { candidate: string; atLeast: number } | undefined
  for (const { candidate, metrics } of analysis.candidates) {
    if (!may.has(candidate)) continue
    const better = metrics.find(({ metric, direction }) => metric.kind === 'success' && direction === 'better')
    const near = better?.metric.optimise === 'min' ? better.interval.upper : better?.interval.lower
    const atLeast = Math.abs(near ?? 0)
    if (best === undefined || atLeast > best.atLeast) best = { candidate, atLeast }
  }
  return best?.candidate
}
