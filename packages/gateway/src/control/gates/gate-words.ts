import { countWords } from '@astraapi/statistics'
import type { Violation } from '../../kernel/errors.ts'
import type { BoundOutcome, EvaluationCase, EvaluationReport, PartialReason } from '../../kernel/evaluation.ts'
import { casesText, differenceWords, measureWords } from '../evaluations/verdict.ts'
import { durationText } from '../manifest/quantities.ts'

/** "/cases/3/input/text": the number is its place among those that were taken. */
export function unfitText({ path, message }: Violation, cases: readonly EvaluationCase[]): string {
  const [, place = '', rest = ''] = /^\/cases\/(\d+)(.*)$/s.exec(path) ?? []
  return `its case ${cases[Number(place)]?.id ?? ''} does not fit the contract: ${rest} ${message}`
}

/** "3,110 cases of heldout.jsonl, of which failed: timeout 2" */
export function askedText({ asked, version }: EvaluationReport, data: string): string {
  const codes = Object.entries(version.failed).map(([code, cases]) => `${code} ${cases}`)
  const failed = codes.length === 0 ? '' : `, of which failed: ${codes.join(', ')}`
  return `${casesText(asked)} of ${data}${failed}`
}

/** "accuracy 88.6 % is below 95 % (95 % interval 83.4 % to 92.6 %; 500 cases of heldout.jsonl)" */
export function boundText(outcome: BoundOutcome, report: EvaluationReport, facts: readonly string[] = []): string {
  const shown = [...intervalText(outcome, report), ...facts].join('; ')
  return shown === '' ? outcome.words : `${outcome.words} (${shown})`
}

/** Of what was held against the bound: of `drop` the difference. */
function intervalText({ measure, bound, value }: BoundOutcome, report: EvaluationReport): readonly string[] {
  const compares = bound === 'drop'
  const { lower, upper } = (compares ? report.differences : report.version.measures)[measure] ?? {}
  if (value === undefined || lower === undefined || upper === undefined) return []
  const words = compares ? differenceWords : measureWords
  return [`95 % interval${compares ? ' of the difference' : ''} ${words(measure, lower)} to ${words(measure, upper)}`]
}

export function missedText(misses: number): readonly string[] {
  if (misses === 0) return []
  return [`missed ${misses === 1 ? 'once' : `${countWords(misses)} times`} before`]
}

const worstShown = 5

/** Where to look; their inputs are not told. `evaluation`: the id under which the report is kept. */
export function worstText({ disagreements }: EvaluationReport, evaluation: string | undefined): string | undefined {
  const ids = disagreements.slice(0, worstShown).flatMap((one) => one.case ?? [])
  const told = [
    ...(ids.length > 0 ? [`Look at the cases that it was furthest off: ${ids.join(', ')}.`] : []),
    ...(evaluation === undefined ? [] : [`What it answered: astraapi evaluations show ${evaluation}`]),
  ]
  return told.length > 0 ? told.join(' ') : undefined
}

/** Why it could not be decided, and what to do. */
export function unfinishedText({ asked, cases }: EvaluationReport, why: PartialReason, withinMs: number) {
  const done = `${countWords(asked)} of ${countWords(cases)} cases were asked`
  const rows: Readonly<Record<PartialReason, { readonly message: string; readonly next: string }>> = {
    cancelled: {
      message: `it was not done within ${durationText(withinMs)}; ${done}`,
      next: 'Give the gate fewer "cases", or find out why the version is slow.',
    },
    budget: {
      message: `the budget of the consumer astra-eval is used up; ${done}`,
      next: 'Raise it under "consumers", or wait until it begins anew.',
    },
    limits: {
      message: `the limits of the consumer astra-eval let no more through; ${done}`,
      next: 'Raise them under "consumers", or give the gate fewer "cases".',
    },
    stopping: { message: 'the gateway is stopping', next: 'Apply again when it runs.' },
  }
  return rows[why]
}
