import type { CandidateAnalysis, MetricResult } from '../analysis/analysis.ts'
import type { Decision } from '../decide/decide.ts'
import type { Action } from '../decide/table.ts'
import { clockWords, countWords } from './numbers.ts'
import { reasonWords } from './reason-words.ts'

export interface VerdictOptions {
  /** When it was decided, milliseconds since 1970. */
  readonly atMs: number
  /** `automatic`: it was done. `advise`: it is advised. */
  readonly rule: 'advise' | 'automatic'
  /** Tells the time; by default "14:02" in UTC. */
  readonly clock?: (atMs: number) => string
}

/** A verdict, as data and as one text for people. */
export interface Verdict {
  readonly action: Action
  readonly row: number
  readonly control: string
  readonly candidate: string
  readonly atMs: number
  readonly rule: 'advise' | 'automatic'
  readonly units: number
  readonly reasons: Decision['reasons']
  readonly metrics: readonly MetricResult[]
  readonly text: string
}

/** The verdict on one candidate. */
export function verdictOf(analysis: CandidateAnalysis, decision: Decision, options: VerdictOptions): Verdict {
  const told = tellings[decision.action]
  const clock = options.clock ?? clockWords
  const done = options.rule === 'automatic' ? told.done(analysis, clock(options.atMs)) : told.advice(analysis)
  return {
    action: decision.action,
    row: decision.row,
    control: analysis.control,
    candidate: analysis.candidate,
    atMs: options.atMs,
    rule: options.rule,
    units: unitsOf(analysis),
    reasons: decision.reasons,
    metrics: analysis.metrics,
    text: [`${told.finding(analysis, decision)}.`, done].filter((part) => part !== '').join(' '),
  }
}

interface Telling {
  readonly finding: (analysis: CandidateAnalysis, decision: Decision) => string
  readonly done: (analysis: CandidateAnalysis, time: string) => string
  readonly advice: (analysis: CandidateAnalysis) => string
}

const rolledBack = {
  done: (_: CandidateAnalysis, time: string) => `Rolled back at ${time}.`,
  advice: ({ candidate }: CandidateAnalysis) => `Advice: roll back ${candidate}.`,
}

const tellings: Readonly<Record<Action, Telling>> = {
  'break-circuit': {
    finding: (analysis, decision) => `${analysis.candidate} fails: ${reasonsIn(analysis, decision)}`,
    done: (_, time) => `Rolled back at ${time}, without waiting for statistics.`,
    advice: ({ candidate }) => `Advice: roll back ${candidate} now.`,
  },
  'roll-back': {
    finding: (analysis, decision) =>
      `${analysis.candidate} is worse than ${analysis.control}: ${reasonsIn(analysis, decision)}, ${after(analysis)}` +
      metricsApartFrom(analysis, decision),
    ...rolledBack,
  },
  pause: {
    finding: (analysis, decision) =>
      `The comparison of ${analysis.candidate} with ${analysis.control} can't be trusted: ${reasonsIn(analysis, decision)}`,
    done: (_, time) => `Paused at ${time}: find out why before it goes on.`,
    advice: () => 'Advice: pause it and find out why.',
  },
  promote: {
    finding: (analysis, decision) =>
      `${analysis.candidate} is better than ${analysis.control}: ${reasonsIn(analysis, decision)}, ${after(analysis)}` +
      metricsApartFrom(analysis, decision),
    done: (_, time) => `Promoted at ${time}.`,
    advice: ({ candidate }) => `Advice: promote ${candidate}.`,
  },
  end: {
    finding: (analysis, decision) =>
      `Inconclusive: ${analysis.candidate} was not shown better than ${analysis.control} ${reasonsIn(analysis, decision)}, ` +
      `${after(analysis)}${metricsApartFrom(analysis, decision)}`,
    done: ({ control }, time) => `Ended at ${time}; ${control} stays.`,
    advice: ({ control }) => `Advice: end it and keep ${control}.`,
  },
  hold: {
    finding: (analysis, decision) =>
      `Not decided yet between ${analysis.candidate} and ${analysis.control}: ${reasonsIn(analysis, decision)}, ` +
      `${after(analysis)}${metricsApartFrom(analysis, decision)}`,
    done: () => '',
    advice: () => '',
  },
}

const reasonsIn = (analysis: CandidateAnalysis, { reasons }: Decision): string =>
  reasons.map((reason) => reasonWords(reason, analysis)).join('; ')

/** The other metrics, each in its words. */
function metricsApartFrom({ metrics }: CandidateAnalysis, { reasons }: Decision): string {
  const told = new Set(
    reasons
      .filter(({ code }) => code !== 'not-shown-better' && code !== 'guardrail-not-shown-safe')
      .map(({ metric }) => metric),
  )
  return metrics
    .filter(({ metric, estimate }) => !told.has(metric.name) && estimate !== null)
    .map(({ words }) => `; ${words}`)
    .join('')
}

/** Units analysed of the success metrics, or those assigned where nothing was analysed yet. */
function unitsOf(analysis: CandidateAnalysis): number {
  return analysedUnits(analysis) || assignedUnits(analysis)
}

const assignedUnits = ({ units }: CandidateAnalysis): number => units.control + units.candidate
const successMetrics = ({ metrics }: CandidateAnalysis) => metrics.filter(({ metric }) => metric.kind === 'success')
const analysedUnits = (analysis: CandidateAnalysis): number =>
  Math.max(...successMetrics(analysis).map(({ units }) => units.control + units.candidate), 0)

/** Units whose window has ended, as far as it is known: feedback counts them. */
const endedUnits = (analysis: CandidateAnalysis): number => {
  const { control, candidate } = analysis
  const counted = successMetrics(analysis).map(({ feedback: { units = {} } = {} }) => units)
  return Math.max(...counted.map((units) => (units[control] ?? 0) + (units[candidate] ?? 0)), 0)
}

/** Where none was analysed, why not. */
function after(analysis: CandidateAnalysis): string {
  const [analysed, assigned, ended] = [analysedUnits(analysis), assignedUnits(analysis), endedUnits(analysis)]
  if (analysed > 0 || assigned === 0) return `after ${unitWords(analysed)}`
  return ended > 0
    ? `too little feedback from ${unitWords(ended)} whose ${ended === 1 ? 'window has' : 'windows have'} ended`
    : `0 of ${countWords(assigned)} ${assigned === 1 ? "unit's" : "units'"} windows have ended`
}

const unitWords = (n: number): string => `${countWords(n)} ${n === 1 ? 'unit' : 'units'}`
