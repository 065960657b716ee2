import { countWords } from '@astraapi/statistics'
import type { GateBound } from '../../kernel/contract-policies.ts'
import {
  type BoundOutcome,
  type EvaluatedVersion,
  type EvaluationFigure,
  type EvaluationMeasure,
  type EvaluationReport,
  evaluationMeasures,
  isMeasure,
  type Requirements,
} from '../../kernel/evaluation.ts'
import { amountWords, casesText, measureWords } from './verdict.ts'

/** Where fewer of the cases tell a measure, it may be that of the easy ones: no bound on it is passed. */
const toldMin = 0.95
/** Where the other version failed more of the cases, it is not itself just now: whatever comes is better than what is down. */
const othersFailedMax = 0.01

/**
 * In the order declared. By figures, not by the ends of their intervals: whoever wants to be sure declares a bound that is as much better. A
 * partial report passes none.
 */
export function checkBounds(require: Requirements, report: EvaluationReport): readonly BoundOutcome[] {
  return Object.entries(require).flatMap(([measure, bounds]) =>
    isMeasure(measure) ? boundNames.flatMap((bound) => outcomeOf(measure, bound, bounds[bound], report)) : [],
  )
}

/** How many cases the other version failed, where it is too many to be held against. Answers that break the contract are its own. */
export function othersFailures({ against, asked }: EvaluationReport): number | undefined {
  const failed = against ? failedIn(against) : 0
  return failed > othersFailedMax * asked ? failed : undefined
}

function failedIn({ failed }: EvaluatedVersion): number {
  return Object.entries(failed).reduce((sum, [code, cases]) => (code === 'invalid_output' ? sum : sum + cases), 0)
}

type Figure = Pick<EvaluationFigure, 'value' | 'n'>

const boundNames = ['min', 'max', 'drop'] as const satisfies readonly (keyof GateBound)[]

interface Row {
  /** What is held against the limit, and of how many cases it is; undefined where they cannot tell. */
  readonly figure: (measure: EvaluationMeasure, report: EvaluationReport) => Figure | undefined
  readonly holds: (value: number, limit: number) => boolean
  readonly wrong: string
  readonly right: string
  /** The limit in words, and what comes behind it. */
  readonly limit: (measure: EvaluationMeasure, limit: number, report: EvaluationReport) => string
}

const rows: Readonly<Record<keyof GateBound, Row>> = {
  min: {
    figure: ownFigure,
    holds: (value, limit) => value >= limit,
    ...{ wrong: 'is below', right: 'is at least', limit: measureWords },
  },
  max: {
    figure: ownFigure,
    holds: (value, limit) => value <= limit,
    ...{ wrong: 'is above', right: 'is at most', limit: measureWords },
  },
  drop: {
    figure: howMuchWorse,
    // So that 0.01 holds of 0.98 against 0.99.
    holds: (value, limit) => value <= limit + 1e-12,
    ...{ wrong: 'is more than', right: 'is not more than' },
    limit: (measure, limit, { against }) => {
      const theirs = against?.measures[measure]?.value ?? 0
      return `${amountWords(measure, limit)} worse than the ${measureWords(measure, theirs)} of ${against?.version}`
    },
  },
}

function outcomeOf(
  measure: EvaluationMeasure,
  bound: keyof GateBound,
  limit: number | undefined,
  report: EvaluationReport,
): readonly BoundOutcome[] {
  if (limit === undefined) return []
  const { version, against, partial, asked, cases } = report
  const told = { measure, bound, limit }
  if (bound === 'drop' && !against) {
    return [{ ...told, outcome: 'skipped', words: `${measure} has no other version to be held against` }]
  }
  const failures = bound === 'drop' ? othersFailures(report) : undefined
  if (failures !== undefined) {
    const of = `${countWords(failures)} of ${casesText(asked)}`
    const words = `${against?.version} failed ${of}, so it says nothing of ${version.version}: try again when it answers`
    return [{ ...told, outcome: 'failed', words: `${measure} cannot be told: ${words}` }]
  }
  const row = rows[bound]
  const [own, figure] = [version.measures[measure], row.figure(measure, report)]
  if (own === undefined || figure === undefined) {
    return [{ ...told, outcome: 'failed', words: `${measure} cannot be told: ${missing(measure, report)}` }]
  }
  const { value } = figure
  if (partial !== undefined) {
    const words = `${measure} is of ${asked} of ${casesText(cases)} only, which is not enough to pass`
    return [{ ...told, value, outcome: 'failed', words }]
  }
  const n = toldBy(measure, bound, figure, report)
  const ofCases = `of ${countWords(n)} of ${casesText(asked)}`
  if (n < toldMin * couldTell(measure, report)) {
    const words = `${measure} cannot be told: it is ${ofCases} only, the others failed or do not tell it, and a bound needs 95 %`
    return [{ ...told, outcome: 'failed', words }]
  }
  const passed = row.holds(value, limit)
  const held = `${passed ? row.right : row.wrong} ${row.limit(measure, limit, report)}`
  const words = `${measure} ${measureWords(measure, own.value)} ${n < asked ? `(${ofCases}) ` : ''}${held}`
  return [{ ...told, value, outcome: passed ? 'passed' : 'failed', words }]
}

function ownFigure(measure: EvaluationMeasure, { version }: EvaluationReport): Figure | undefined {
  return version.measures[measure]
}

/** Of the cases of which both tell, where there are pairs: else of each version's own. */
function howMuchWorse(
  measure: EvaluationMeasure,
  { version, against, differences }: EvaluationReport,
): Figure | undefined {
  const sign = evaluationMeasures[measure].better === 'higher' ? -1 : 1
  const pairs = differences[measure]
  if (pairs) return { value: sign * pairs.value, n: pairs.n }
  const [own, other] = [version.measures[measure], against?.measures[measure]]
  return own && other && { value: sign * (own.value - other.value), n: Math.min(own.n, other.n) }
}

/** How soon cases failed is in the figure, and says nothing of how soon answers come. */
function toldBy(measure: EvaluationMeasure, bound: keyof GateBound, { n }: Figure, report: EvaluationReport): number {
  if (!measure.startsWith('latency')) return n
  const { version, against } = report
  return Math.min(n, version.answered, bound === 'drop' && against ? against.answered : n)
}

/** Which cases have a truth is for whoever declares them. Of those the ones that failed count as wrong, but tell no number. */
function couldTell(measure: EvaluationMeasure, { version, asked }: EvaluationReport): number {
  return ofTruth.has(measure) ? (version.measures.accuracy?.n ?? asked) : asked
}

const ofTruth: ReadonlySet<EvaluationMeasure> = new Set(['accuracy', 'distance', 'absolute-error'])

function missing(measure: EvaluationMeasure, { version, asked, against }: EvaluationReport): string {
  if (asked === 0) return 'no case was asked'
  if (measure === 'accuracy') return 'no case has "expected"'
  if (measure === 'agreement' && !against) return 'there is no other answer to hold against'
  if (version.answered === 0) return 'no case was answered'
  return 'no answer tells it'
}
