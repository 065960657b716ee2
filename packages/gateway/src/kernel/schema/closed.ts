import { additionalOf } from './facets.ts'
import type { Schema } from './schema.ts'

/** The same schema with `additionalProperties` spelt out at every object, for readers who follow JSON Schema's own default. */
export function closeSchema(schema: Schema): Schema {
  const { properties, items, prefixItems, oneOf } = schema
  return {
    ...schema,
    ...(properties ? { properties: mapValues(properties, closeSchema) } : {}),
    ...(isObject(schema) ? { additionalProperties: closeAdditional(additionalOf(schema)) } : {}),
    ...(items ? { items: closeSchema(items) } : {}),
    ...(prefixItems ? { prefixItems: prefixItems.map(closeSchema) } : {}),
    ...(oneOf ? { oneOf: oneOf.map(closeSchema) } : {}),
  }
}

function isObject({ type, properties }: Schema): boolean {
  return properties !== undefined || type === 'object' || (Array.isArray(type) && type[0] === 'object')
}

function closeAdditional(additional: boolean | Schema): boolean | Schema {
  return typeof additional === 'boolean' ? additional : closeSchema(additional)
}

function mapValues<A, B>(of: Readonly<Record<string, A>>, by: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, by(value)]))
}
