import { countWords, numberWords, signedWords } from '@astraapi/statistics'
import {
  type EvaluatedVersion,
  type EvaluationDifference,
  type EvaluationFigure,
  type EvaluationMeasure,
  type EvaluationReport,
  evaluationMeasures,
  type PartialReason,
} from '../../kernel/evaluation.ts'

type Told = Omit<EvaluationReport, 'verdict'>

/** How a measure's numbers are told: times what, with which unit; `points`: of a difference of shares. */
const units = {
  share: { times: 100, unit: ' %', ofDifference: ' points' },
  ms: { times: 1, unit: ' ms', ofDifference: ' ms' },
  usd: { times: 1, unit: ' USD', ofDifference: ' USD' },
  number: { times: 1, unit: '', ofDifference: '' },
} as const

/** "98.5 %", "12 ms" */
export function measureWords(measure: EvaluationMeasure, value: number): string {
  const { times, unit } = units[evaluationMeasures[measure].unit]
  return `${numberWords(value * times)}${unit}`
}

/** "+8.9 points" */
export function differenceWords(measure: EvaluationMeasure, value: number): string {
  const { times, ofDifference } = units[evaluationMeasures[measure].unit]
  return `${signedWords(value * times)}${ofDifference}`
}

/** "8.9 points" */
export function amountWords(measure: EvaluationMeasure, value: number): string {
  const words = differenceWords(measure, Math.abs(value)).replace(/^\+/, '')
  return words === '1 points' ? '1 point' : words
}

/** What came out, in the words of an experiment's verdict. */
export function verdictOf(told: Told): string {
  const { version, against, cases, asked, partial } = told
  if (asked === 0) return `${partialWords(partial, asked, cases)}, so that nothing can be said of ${version.version}.`
  const sentences = [
    partial && `${partialWords(partial, asked, cases)}: all that follows is of these`,
    headline(told),
    ...failures([version, ...(against ? [against] : [])]),
    compared(told, 'latency-p95', 'p95 latency'),
    compared(told, 'cost-total', 'Cost'),
  ]
  return sentences.flatMap((sentence) => (sentence ? [`${sentence}.`] : [])).join(' ')
}

function headline(told: Told): string {
  const { version, against, kind, asked } = told
  const { accuracy, agreement } = version.measures
  const differs = told.differences.accuracy
  if (accuracy) {
    const own = `${version.version} agrees with the truth on ${of(accuracy)}`
    const theirs = against?.measures.accuracy
    if (!against || !theirs || !differs) return own
    return `${own}, ${against.version} on ${of(theirs, false)}: ${differs.shown ? '' : 'not shown to differ, '}${interval('accuracy', differs)}`
  }
  if (agreement) {
    const other = against ? `${against.version} does` : `was answered ${kind === 'replay' ? 'then' : 'before'}`
    return `${version.version} answers as ${other} on ${of(agreement)}`
  }
  return `${version.version} answered ${countWords(version.answered)} of ${casesText(asked)}`
}

/** "2,966 of 3,010 cases (98.5 %, 95 % interval 97.9 to 98.9)" */
function of({ value, n, lower, upper }: EvaluationFigure, withInterval = true): string {
  const bounds =
    withInterval && lower !== undefined && upper !== undefined
      ? `, 95 % interval ${numberWords(100 * lower)} to ${numberWords(100 * upper)}`
      : ''
  return `${countWords(Math.round(value * n))} of ${casesText(n)} (${numberWords(100 * value)} %${bounds})`
}

/** "+8.9 points (7.7 to 10.1)" */
function interval(measure: EvaluationMeasure, { value, lower, upper }: EvaluationDifference): string {
  const { times } = units[evaluationMeasures[measure].unit]
  if (lower === undefined || upper === undefined) return differenceWords(measure, value)
  return `${differenceWords(measure, value)} (${numberWords(lower * times)} to ${numberWords(upper * times)})`
}

function failures(versions: readonly EvaluatedVersion[]): readonly string[] {
  const some = versions.filter(({ failed }) => Object.keys(failed).length > 0)
  return some.length === 0 ? ['No case failed'] : some.map(failuresOf)
}

function failuresOf({ version, failed }: EvaluatedVersion): string {
  const codes = Object.entries(failed).toSorted(([, a], [, b]) => b - a)
  const total = codes.reduce((sum, [, n]) => sum + n, 0)
  const which = codes.slice(0, 3).map(([code, n]) => `${code} ${countWords(n)}`)
  return `On ${version} ${casesText(total)} failed (${which.join(', ')})`
}

function compared({ version, against }: Told, measure: EvaluationMeasure, name: string): string | undefined {
  const [own, other] = [version.measures[measure], against?.measures[measure]]
  if (!own) return undefined
  const theirs = other ? ` (${against?.version}: ${measureWords(measure, other.value)})` : ''
  return `${name} ${measureWords(measure, own.value)}${theirs}`
}

const partialReasons: Readonly<Record<PartialReason, string>> = {
  cancelled: 'It was cancelled',
  budget: 'The budget was used up',
  limits: 'The limits allowed no more',
  stopping: 'The gateway was stopped',
}

function partialWords(partial: PartialReason | undefined, asked: number, cases: number): string {
  const why = partial ? partialReasons[partial] : 'There were no cases'
  return `${why} after ${countWords(asked)} of ${casesText(cases)}`
}

/** "3,110 cases" */
export function casesText(cases: number): string {
  return `${countWords(cases)} ${cases === 1 ? 'case' : 'cases'}`
}
