import {
  type Analysis,
  analyse,
  type CircuitCounts,
  decide,
  type Epoch,
  type Evidence,
  type ExperimentDecision,
  type RunningPs,
  type Thresholds,
  thresholdDefaults,
  verdictOf,
} from '@astraapi/statistics'
import type { EpochEvidence, ExperimentRun, ExperimentState } from '../../kernel/experiment.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { runningMs, type StepRan, type StepSeen, seenMs, stepRan } from './running-time.ts'

/** As its evidence is kept. */
export function runNamed(experiment: string, { progress }: Pick<ExperimentState, 'progress'>): ExperimentRun {
  const { startedAt } = progress
  return startedAt === undefined ? { experiment } : { experiment, startedAt }
}

/** What is known of an experiment at one time, and what follows from it. Plain data. */
export interface Evaluation {
  /** ms since the Unix epoch. */
  readonly time: number
  readonly elapsedMs: number
  /** How long the present step of the ramp lasts; left out where only the circuit was looked at. */
  readonly stepRan?: StepRan
  /** Units by epoch, each in the first that it was met in; left out where only the circuit was looked at. */
  readonly epochUnits?: Readonly<Record<string, number>>
  readonly analysis: Analysis
  readonly decision: ExperimentDecision
}

export interface Known {
  readonly evidence: readonly EpochEvidence[]
  readonly circuit: Readonly<Record<string, CircuitCounts>>
  /** As the evaluation before gave them. */
  readonly running: RunningPs
  readonly now: number
  /** Left out: the present step of the ramp is not told. */
  readonly seen?: StepSeen
}

export function evaluate(experiment: ExperimentState, known: Known): Evaluation {
  const { evidence, circuit, running, now, seen } = known
  const { control, candidates, metrics, plan, progress } = experiment
  const elapsedMs = seen ? seenMs(progress, now, seen) : runningMs(progress, now)
  const all: Evidence = { control, candidates, epochs: epochsOf(experiment, evidence), circuit, elapsedMs }
  const analysis = analyse(all, metrics, plan, running)
  return {
    time: now,
    elapsedMs,
    ...(seen ? { stepRan: stepRan(progress, now, seen), epochUnits: epochUnitsOf(all.epochs) } : {}),
    analysis,
    decision: decideAmong(activeArms(experiment), analysis, thresholdsOf(experiment)),
  }
}

/** What the latest calls alone say: whether an arm is broken. It needs no evidence, and so no store. */
export function evaluateCircuit(
  experiment: ExperimentState,
  circuit: Readonly<Record<string, CircuitCounts>>,
  now: number,
): Evaluation {
  const { metrics: _, ...rest } = experiment
  return evaluate({ ...rest, metrics: [] }, { evidence: [], circuit, running: {}, now })
}

/** What broke a circuit, beside what was known of the metrics before. */
export function withCircuit(before: Evaluation | undefined, broken: Evaluation): Evaluation {
  if (!before) return broken
  const candidates = before.analysis.candidates.map((known) => {
    const now = broken.analysis.candidates.find(({ candidate }) => candidate === known.candidate)
    return now ? { ...known, circuit: now.circuit } : known
  })
  const { time: _, decision: __, ...known } = before
  return { ...broken, ...known, analysis: { ...before.analysis, candidates } }
}

/** Arms that still get units: a candidate may have left a test of several. */
export function activeArms({ control, candidates, progress }: ExperimentState): ReadonlySet<string> {
  const shares = progress.epochs.at(-1)?.shares
  return new Set([control, ...candidates].filter((arm) => shares === undefined || (ownEntry(shares, arm) ?? 0) > 0))
}

/**
 * Who has left is analysed, as all metrics share one error probability from the start, and decided on no more. Where all have, the last
 * decision on them stands.
 */
function decideAmong(active: ReadonlySet<string>, analysis: Analysis, thresholds: Thresholds): ExperimentDecision {
  const candidates = analysis.candidates.filter(({ candidate }) => active.has(candidate))
  return decide(candidates.length > 0 ? { ...analysis, candidates } : analysis, thresholds)
}

const thresholdsOf = ({ plan }: ExperimentState): Thresholds => ({ ...thresholdDefaults, plan })

/** Evidence of an epoch of which the catalog knows nothing, say of an experiment of the same name that was removed, is not looked at. */
export function epochsOf({ progress }: ExperimentState, evidence: readonly EpochEvidence[]): Epoch[] {
  return progress.epochs.map(({ number, shares }) => ({
    number,
    shares: partsOf(shares),
    arms: evidence.find(({ epoch }) => epoch === number)?.arms ?? {},
  }))
}

function epochUnitsOf(epochs: readonly Epoch[]): Readonly<Record<string, number>> {
  const unitsOf = ({ arms }: Epoch) => Object.values(arms).reduce((sum, { assigned }) => sum + assigned, 0)
  return Object.fromEntries(epochs.map((epoch) => [epoch.number, unitsOf(epoch)]))
}

function partsOf(shares: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const sum = Object.values(shares).reduce((a, b) => a + b, 0)
  return Object.fromEntries(Object.entries(shares).map(([arm, share]) => [arm, share / sum]))
}

/**
 * The verdict for people: of those candidates on whom something was decided, else of all. `done`: it was carried out, and when; else it
 * is advice.
 */
export function verdictText({ analysis, decision, time }: Evaluation, done?: { readonly atMs: number }): string {
  const of = decision.decisions.filter(
    ({ candidate, action }) =>
      decision.removed.includes(candidate) || (action === decision.action && !(done && action === 'hold')),
  )
  // Of several that might be promoted, one is.
  const told = of.filter(({ candidate, action }) => action !== 'promote' || candidate === decision.promoted)
  const texts = (told.length > 0 ? told : decision.decisions).flatMap((one) => {
    const found = analysis.candidates.find(({ candidate }) => candidate === one.candidate)
    const rule = done ? 'automatic' : 'advise'
    return found ? [verdictOf(found, one, { atMs: done?.atMs ?? time, rule }).text] : []
  })
  return texts.join(' ')
}
