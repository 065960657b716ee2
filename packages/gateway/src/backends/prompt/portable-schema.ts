import { additionalOf, childPath, typesOf } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'

/**
 * A contract's output schema in the words that every vendor's structured output knows. They differ in the rest: one refuses bounds,
 * another formats, most of them maps. Bounds are told in the description instead, and the answer is held against the contract's own
 * schema in any case. `schemaLack` says first whether there is such a form.
 */
export function portableSchema(schema: Schema): object {
  const { type, const: only, enum: choices, properties, required = [], items, oneOf } = schema
  const description = describe(schema)
  // Not all of them read a list of types.
  if (typeof type === 'object') {
    const values = choices?.filter((choice) => choice !== null)
    return {
      anyOf: [portableSchema({ ...schema, type: type[0], ...(values ? { enum: values } : {}) }), { type: 'null' }],
    }
  }
  return {
    ...(type === undefined ? {} : { type }),
    ...(description === '' ? {} : { description }),
    ...(choices ? { enum: choices } : only === undefined ? {} : { enum: [only] }),
    ...(properties ? { properties: mapped(properties), required, additionalProperties: false } : {}),
    ...(items ? { items: portableSchema(items) } : {}),
    ...(oneOf ? { anyOf: oneOf.map(portableSchema) } : {}),
  }
}

/** Why a vendor cannot hold an answer to the schema, or undefined. */
export function schemaLack(schema: Schema): string | undefined {
  return schema.type === 'object' ? lack(schema, '') : 'it is no object'
}

function lack(schema: Schema, path: string): string | undefined {
  const { properties, items, prefixItems, oneOf } = schema
  const types = typesOf(schema)
  if (oneOf) return firstOf(oneOf, (branch) => lack(branch, path))
  if (prefixItems) return `${place(path)} is a tuple`
  if (!types && !schema.enum && schema.const === undefined) return `${place(path)} may be anything`
  if (types?.includes('object')) {
    if (!properties || additionalOf(schema) !== false) return `${place(path)} may have any fields`
    return firstOf(Object.entries(properties), ([name, field]) => lack(field, childPath(path, name)))
  }
  if (!types?.includes('array')) return undefined
  return items ? lack(items, childPath(path, '*')) : `what is in ${place(path)} may be anything`
}

function place(path: string): string {
  return path || 'it'
}

function firstOf<T>(list: readonly T[], lacks: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = lacks(one)
    if (found !== undefined) return found
  }
  return undefined
}

const toldInWords = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
] as const satisfies readonly (keyof Schema)[]

function describe(schema: Schema): string {
  const bounds = toldInWords.flatMap((word) => (schema[word] === undefined ? [] : [`${word} ${schema[word]}`]))
  const text = schema.description ?? schema.title
  return [...(text ? [text] : []), ...(bounds.length > 0 ? [`(${bounds.join(', ')})`] : [])].join(' ')
}

function mapped(properties: Readonly<Record<string, Schema>>): Record<string, object> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, portableSchema(schema)]))
}
