import { isDeepStrictEqual } from 'node:util'
import type { Schema } from '../../../kernel/schema/schema.ts'

/**
 * Alternatives that a constant tells apart, such as the chunks of a chat, as one object with the fields of all: GraphQL has no unions
 * for inputs, and for outputs a selection per alternative would make the commonest query, the text as it comes, a long one. The contract
 * still checks each value against its alternative. Undefined where they are told apart otherwise, or are no closed objects.
 */
export function mergeAlternatives({ oneOf = [], type, properties: shared }: Schema): Schema | undefined {
  const [first] = oneOf
  if (!first || type || shared || !oneOf.every(isPlainObject)) return undefined
  const tag = Object.keys(first.properties ?? {}).find((name) => tellsApart(name, oneOf))
  if (tag === undefined) return undefined
  const names = new Set(oneOf.flatMap(({ properties = {} }) => Object.keys(properties)))
  const properties = [...names].map((name) => {
    return [name, merge(oneOf.flatMap(({ properties = {} }) => properties[name] ?? []))] as const
  })
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: [...names].filter((name) => oneOf.every(({ required = [] }) => required.includes(name))),
    additionalProperties: false,
  }
}

function isPlainObject({ type, properties, additionalProperties, oneOf }: Schema): boolean {
  return type === 'object' && properties !== undefined && additionalProperties === false && !oneOf
}

/** A constant of its own in each. */
function tellsApart(name: string, alternatives: readonly Schema[]): boolean {
  const values = alternatives.map(({ properties, required = [] }) =>
    required.includes(name) ? properties?.[name]?.const : undefined,
  )
  return values.every((value) => typeof value === 'string') && new Set(values).size === values.length
}

/** What takes the values of each; at last anything. */
function merge(schemas: readonly Schema[]): Schema {
  const kinds = schemas.filter((schema, i) => !schemas.slice(0, i).some((other) => isDeepStrictEqual(other, schema)))
  const [only] = kinds
  if (kinds.length === 1 && only) return only
  const texts = kinds.map(({ const: value }) => value)
  if (texts.every((text) => typeof text === 'string')) return { type: 'string', enum: texts, description: told(texts) }
  const items = kinds.flatMap(({ type, items, prefixItems }) =>
    type === 'array' && items && !prefixItems ? [items] : [],
  )
  if (items.length === kinds.length)
    return { type: 'array', items: merge(items.flatMap(({ oneOf, ...item }) => oneOf ?? item)) }
  return kinds.every(isPlainObject) ? { oneOf: kinds } : {}
}

function told(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(', ')
}
