import { additionalOf, typesOf } from './facets.ts'
import type { Schema } from './schema.ts'

/**
 * What a place is to those who name types: a GraphQL type, a type of a generated client. Null aside. `undecided`: not a
 * schema of the subset, equal to nothing but itself.
 */
export function kindOf(schema: Schema): Kind {
  if (schema.oneOf) return 'forms'
  const [type] = typesOf(schema) ?? []
  if (type === undefined) return decides(schema) ? 'undecided' : 'anything'
  if (type === 'object') return additionalOf(schema) === false ? 'object' : 'map'
  if (type === 'array') return schema.prefixItems ? 'tuple' : 'list'
  return type === 'integer' && schema.format === 'int64' ? 'int64' : type
}

export type Kind = keyof typeof words

export function kindWords(schema: Schema): string {
  return words[kindOf(schema)]
}

const words = {
  anything: 'anything',
  forms: 'a choice of forms',
  object: 'an object',
  map: 'a map',
  list: 'a list',
  tuple: 'a tuple',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  int64: 'a 64-bit whole number',
  boolean: 'true or false',
  null: 'null',
  undecided: 'something without a type',
} as const

function decides(schema: Schema): boolean {
  return schema.enum !== undefined || schema.const !== undefined || schema.properties !== undefined
}
