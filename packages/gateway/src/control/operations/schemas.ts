import Type, { type Static, type TArrayOptions, type TProperties, type TSchema, type TSchemaOptions } from 'typebox'

/**
 * The pieces that operation schemas are made of. They keep to the subset of JSON Schema that contracts keep to (kernel/schema),
 * because the same code validates them and writes them in OpenAPI and GraphQL: alternatives are `oneOf`, maps are
 * `additionalProperties`, and a choice has a type.
 */
export function closed<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false })
}

export function choice<const V extends string>(values: readonly V[], options: TSchemaOptions = {}) {
  return Type.Unsafe<V>({ type: 'string', enum: values, ...options })
}

export function listOf<T extends TSchema>(items: T, options: TArrayOptions = {}) {
  return Type.Unsafe<readonly Static<T>[]>({ type: 'array', items, ...options })
}

export function mapOf<T extends TSchema>(values: T, options: TSchemaOptions = {}) {
  return Type.Unsafe<Readonly<Record<string, Static<T>>>>({ type: 'object', additionalProperties: values, ...options })
}

/** A JSON object of any form. */
export function anyObject<T extends object>(description: string) {
  return Type.Unsafe<T>({ type: 'object', additionalProperties: true, description })
}

export function text(description: string, charactersMax?: number) {
  return Type.String({ description, ...(charactersMax === undefined ? {} : { maxLength: charactersMax }) })
}

export const majorText = Type.String({ pattern: '^v[1-9][0-9]{0,5}$', description: 'Major of a contract, "v1"' })
export const deprecation = closed({
  since: Type.String({ description: 'ISO 8601' }),
  sunset: Type.Optional(Type.String({ description: 'ISO 8601' })),
})
export const time = Type.String({ format: 'date-time' })
export const count = Type.Integer({ minimum: 0 })
export const usd = (description: string) => Type.Number({ minimum: 0, description: `USD ${description}` })
export const milliseconds = Type.Number({ description: 'ms' })
export const revision = Type.Integer({ minimum: 0, description: 'Revision of the catalog; also the ETag' })

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
