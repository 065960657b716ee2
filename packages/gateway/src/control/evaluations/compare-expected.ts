import { type AnswerComparison, compareOutputs } from '@astraapi/statistics'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'

/**
 * Holds an answer against what was expected, which may be a part of it:
 *
 * | expected | held against |
 * |---|---|
 * | a text, a number or a boolean, where the answer is an object | its label; else its number, or its text |
 * | an object whose fields the answer has | these fields alone, at any depth; lists are whole |
 * | anything else | the whole answer |
 *
 * Then they are compared as a shadow's answers are.
 */
export function compareExpected(expected: unknown, answer: unknown, schema: Schema): AnswerComparison {
  const whole = widened(expected, answer)
  return compareOutputs(whole, part(whole, answer), { schema })
}

function widened(expected: unknown, answer: unknown): unknown {
  if (!isJsonObject(answer) || isJsonObject(expected) || expected === null || Array.isArray(expected)) return expected
  if (Object.hasOwn(answer, 'label')) {
    // A label that looks like a number is often written as one.
    return { label: typeof answer.label === 'string' ? String(expected) : expected }
  }
  if (typeof expected === 'number') return { value: expected }
  return typeof expected === 'string' ? { text: expected } : expected
}

/** The answer with no more fields than are expected; as it is where one is missing. */
function part(expected: unknown, answer: unknown): unknown {
  if (!isJsonObject(expected) || !isJsonObject(answer)) return answer
  const names = Object.keys(expected)
  if (!names.every((name) => Object.hasOwn(answer, name))) return answer
  return Object.fromEntries(names.map((name) => [name, part(expected[name], answer[name])]))
}

/** What stands for it in a table of labels; undefined for what is none. */
export function labelText(value: unknown): string | undefined {
  const label = isJsonObject(value) ? (value.label ?? value.flagged) : value
  const isScalar = typeof label === 'string' || typeof label === 'number' || typeof label === 'boolean'
  return isScalar ? String(label).slice(0, 100) : undefined
}
