import { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import { outOfForm } from '../../json.ts'

/** What the tasks share whose canonical input is `{ text }`: embedding and moderation. */

export interface TextInput {
  readonly text: string
}

/** Canonical inputs as a list of texts. A contract may ask for more than a text; the protocol has no place for it. */
export function textsOf(inputs: readonly unknown[]): readonly string[] {
  return inputs.map((input) => {
    const { text, ...rest } = isJsonObject(input) ? input : {}
    const [stranger] = typeof text === 'string' ? Object.keys(rest) : ['text']
    if (typeof text === 'string' && stranger === undefined) return text
    throw new AstraError('unsupported', {
      detail: `This model takes a text and nothing else: "${stranger}" does not fit`,
      next: 'Leave it out, or tell the owner of the model that contract and model do not fit.',
    })
  })
}

/** Of an answer's list of results. */
export function objectsIn(list: unknown, name: string): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(list) || !list.every(isJsonObject)) throw outOfForm(`"${name}" is no list of objects`)
  return list
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}
