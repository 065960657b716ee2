import type { GateBound } from '../../kernel/catalog.ts'
import {
  type BoundOutcome,
  type CheckBounds,
  type EvaluationMeasure,
  type EvaluationReport,
  evaluationMeasures,
  isMeasure,
} from '../../kernel/evaluation.ts'
import { amountWords, measureWords } from './verdict.ts'

/** By figures, not by the ends of their intervals: whoever wants to be sure declares a bound that is as much better. A partial report passes none. */
export const checkBounds: CheckBounds = (require, report) =>
  Object.entries(require).flatMap(([measure, bounds]) =>
    isMeasure(measure) ? boundNames.flatMap((bound) => outcomeOf(measure, bound, bounds[bound], report)) : [],
  )

const boundNames = ['min', 'max', 'drop'] as const satisfies readonly (keyof GateBound)[]

interface Row {
  /** What is held against the limit; undefined where the cases cannot tell. */
  readonly value: (own: number, other: number | undefined, better: 'higher' | 'lower') => number | undefined
  readonly holds: (value: number, limit: number) => boolean
  readonly wrong: string
  readonly right: string
  /** The limit in words, and what comes behind it. */
  readonly limit: (measure: EvaluationMeasure, limit: number, report: EvaluationReport) => string
}

const rows: Readonly<Record<keyof GateBound, Row>> = {
  min: {
    value: (own) => own,
    holds: (value, limit) => value >= limit,
    ...{ wrong: 'is below', right: 'is at least', limit: measureWords },
  },
  max: {
    value: (own) => own,
    holds: (value, limit) => value <= limit,
    ...{ wrong: 'is above', right: 'is at most', limit: measureWords },
  },
  drop: {
    value: (own, other, better) => (other === undefined ? undefined : better === 'higher' ? other - own : own - other),
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
  const row = rows[bound]
  const [own, other] = [version.measures[measure]?.value, against?.measures[measure]?.value]
  const value = own === undefined ? undefined : row.value(own, other, evaluationMeasures[measure].better)
  if (own === undefined || value === undefined) {
    return [{ ...told, outcome: 'failed', words: `${measure} cannot be told: ${missing(measure, report)}` }]
  }
  if (partial !== undefined) {
    const words = `${measure} is of ${asked} of ${cases} cases only, which is not enough to pass`
    return [{ ...told, value, outcome: 'failed', words }]
  }
  const passed = row.holds(value, limit)
  const held = `${passed ? row.right : row.wrong} ${row.limit(measure, limit, report)}`
  const words = `${measure} ${measureWords(measure, own)} ${held}`
  return [{ ...told, value, outcome: passed ? 'passed' : 'failed', words }]
}

function missing(measure: EvaluationMeasure, { version, asked, against }: EvaluationReport): string {
  if (asked === 0) return 'no case was asked'
  if (measure === 'accuracy') return 'no case has "expected"'
  if (measure === 'agreement' && !against) return 'there is no other answer to hold against'
  if (version.answered === 0) return 'no case was answered'
  return 'no answer tells it'
}
