import { typesOf } from './facets.ts'
import type { Schema, SchemaType } from './schema.ts'

/** Whether the value has a JSON type that the schema takes. */
export function fitsType(schema: Schema, value: unknown): boolean {
  const types = typesOf(schema)
  if (!types) return true
  const own = typeOf(value)
  return types.some((type) => type === own || (type === 'number' && own === 'integer'))
}

/** What to say of a value that has none of the types that these schemas take. */
export function typeFault(schemas: readonly Schema[], value: unknown): string {
  const types = new Set(schemas.flatMap((schema) => typesOf(schema) ?? []))
  const expected = [...types].map((type) => typeWords[type]).join(' or ')
  return `must be ${expected}, not ${typeof value === 'number' ? value : typeWords[typeOf(value)]}`
}

/** The narrowest JSON type of a value. */
export function typeOf(value: unknown): SchemaType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return 'object'
}

/** How a type is called to people. */
export const typeWords: Readonly<Record<SchemaType, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
}
