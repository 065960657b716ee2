import { countWords } from '@astraapi/statistics'
import type { Violation } from '../../kernel/errors.ts'
import type { EvaluationCase, EvaluationReport, PartialReason } from '../../kernel/evaluation.ts'
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
  return `${countWords(asked)} cases of ${data}${failed}`
}

const worstShown = 5

/** Where to look; their inputs are not told. */
export function worstText({ disagreements }: EvaluationReport): string | undefined {
  if (disagreements.length === 0) return undefined
  const ids = disagreements.slice(0, worstShown).map((one) => one.case)
  return `Look at the cases that it was furthest off: ${ids.join(', ')}.`
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
