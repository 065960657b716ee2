import { type AnswerComparison, compareOutputs } from '@astraapi/statistics'
import type { EvaluationCase } from '../../kernel/evaluation.ts'
import type { OwnAnswer } from '../../kernel/own-call.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { compareExpected, labelText } from './compare-expected.ts'

/** What one answer was held against, as far as there is something. */
export interface Held {
  /** Whether it agrees with the truth, and with the other version's answer, or that of then. */
  readonly accurate?: boolean
  readonly agrees?: boolean
  /** From the truth, else from the other answer. */
  readonly distance?: number
  /** Of numbers, from the truth. */
  readonly absolute?: number
  readonly labels?: { readonly expected: string; readonly answered: string | undefined }
}

type Found = Pick<AnswerComparison, 'agree' | 'distance' | 'details'> & { readonly measure: string }

/** No answer is as far away as can be. */
const failed: Found = { agree: false, distance: 1, measure: 'failed', details: {} }

/** `like`: another answer to it; undefined where there is none, or it failed. */
export function holdAgainst(one: EvaluationCase, answer: OwnAnswer, like: unknown, schema: Schema): Held {
  const output = outputOf(answer)
  const truth =
    one.expected === undefined ? undefined : found(output, (said) => compareExpected(one.expected, said, schema))
  const likeness = like === undefined ? undefined : found(output, (said) => compareOutputs(like, said, { schema }))
  const reference = truth ?? likeness
  if (reference === undefined) return {}
  const absolute = truth?.measure === 'number' ? truth.details.absolute : undefined
  const label = reference.measure === 'label' || reference === failed ? labelText(one.expected ?? like) : undefined
  return {
    ...(truth ? { accurate: truth.agree } : {}),
    ...(likeness ? { agrees: likeness.agree } : {}),
    distance: reference.distance,
    ...(typeof absolute === 'number' ? { absolute } : {}),
    ...(label === undefined ? {} : { labels: { expected: label, answered: labelText(output) } }),
  }
}

/** Undefined where it failed. */
export function outputOf(answer: OwnAnswer | undefined): unknown {
  return answer && 'output' in answer.item ? answer.item.output : undefined
}

function found(output: unknown, compare: (output: unknown) => Found): Found {
  return output === undefined ? failed : compare(output)
}
