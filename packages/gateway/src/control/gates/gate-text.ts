import type { Gate, GateBound } from '../../kernel/contract-policies.ts'
import { type EvaluationMeasure, isMeasure } from '../../kernel/evaluation.ts'
import { amountWords, measureWords } from '../evaluations/verdict.ts'

/** "accuracy at least 95 %, at most 1 point worse than the version with most traffic; errors at most 1 %" */
export function requireText(require: Gate['require']): string {
  return Object.entries(require)
    .map(([measure, bounds]) => `${measure} ${boundsText(measure, bounds)}`)
    .join('; ')
}

const sides: Readonly<Record<keyof GateBound, (measure: EvaluationMeasure, value: number) => string>> = {
  min: (measure, value) => `at least ${measureWords(measure, value)}`,
  max: (measure, value) => `at most ${measureWords(measure, value)}`,
  drop: (measure, value) => `at most ${amountWords(measure, value)} worse than the version with most traffic`,
}

function boundsText(measure: string, bounds: GateBound): string {
  if (!isMeasure(measure)) return ''
  return (['min', 'max', 'drop'] as const)
    .flatMap((side) => (bounds[side] === undefined ? [] : sides[side](measure, bounds[side])))
    .join(', ')
}
