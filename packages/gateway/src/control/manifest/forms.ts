import type { Schema } from '../../kernel/schema/schema.ts'

/** What the forms of the manifest's parts are made of. */
export const text: Schema = { type: 'string', minLength: 1, maxLength: 2000 }
/** Read by `parseDuration`; the example tells who wrote a bare number that a unit is missing. */
export const duration: Schema = { ...text, examples: ['30s'] }

export function closed(
  required: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  }
}

export function map(values: Schema, least = 0): Schema {
  return { type: 'object', additionalProperties: values, minProperties: least }
}

export function list(items: Schema, most: number): Schema {
  return { type: 'array', items, minItems: 1, maxItems: most }
}
