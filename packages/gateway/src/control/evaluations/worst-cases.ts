import {
  disagreementsMax,
  type EvaluationCase,
  type EvaluationDisagreement,
  type EvaluationRun,
} from '../../kernel/evaluation.ts'
import { outputOf } from './held.ts'
import type { HeldAnswer } from './paired.ts'

/** Characters that are kept of a payload. */
const excerptMax = 500

/** The cases in which a version was furthest off: first those in which the other one was right. */
export class WorstCases {
  readonly #kind: EvaluationRun['kind']
  #kept: EvaluationDisagreement[] = []

  constructor(kind: EvaluationRun['kind']) {
    this.#kind = kind
  }

  add(one: EvaluationCase, own: HeldAnswer, other: HeldAnswer | undefined): void {
    const { answer, held } = own
    const code = 'error' in answer.item ? answer.item.error.code : undefined
    if (held.accurate ?? held.agrees ?? code === undefined) return
    this.#kept.push({
      case: one.id,
      distance: held.distance ?? 1,
      ...(other?.held.accurate === true ? { lost: true } : {}),
      ...(answer.record ? { call: answer.record.id } : {}),
      ...(other?.answer.record ? { callAgainst: other.answer.record.id } : {}),
      ...(code === undefined ? {} : { code }),
      // What was captured has an end of its own, which a report has not.
      ...(this.#kind === 'eval' ? excerpts(one, own, other) : {}),
    })
    // Not at every one: twice as many as are told are sorted at once.
    if (this.#kept.length >= 2 * disagreementsMax) this.#kept = this.told()
  }

  told(): EvaluationDisagreement[] {
    return this.#kept
      .toSorted((a, b) => Number(b.lost ?? false) - Number(a.lost ?? false) || b.distance - a.distance)
      .slice(0, disagreementsMax)
  }
}

function excerpts({ input, expected }: EvaluationCase, own: HeldAnswer, other: HeldAnswer | undefined) {
  const payloads = { input, expected, answered: outputOf(own.answer), answeredAgainst: outputOf(other?.answer) }
  return Object.fromEntries(
    Object.entries(payloads).flatMap(([name, value]) => (value === undefined ? [] : [[name, excerpt(value)]])),
  )
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= excerptMax ? text : `${text.slice(0, excerptMax - 1)}…`
}
