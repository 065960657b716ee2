/** The subset of JSON Schema (2020-12) that contracts keep to, as far as it decides types and their comments. */
export interface Schema {
  readonly type?: SchemaType | readonly [SchemaType, 'null']
  readonly title?: string
  readonly description?: string
  readonly deprecated?: boolean
  readonly enum?: readonly Scalar[]
  readonly const?: Scalar
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  /** Left out, an object with `properties` is closed, and one without takes anything. */
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  /** A tuple: the first `minItems` stand always, nothing stands behind the last. */
  readonly prefixItems?: readonly Schema[]
  readonly minItems?: number
  readonly oneOf?: readonly Schema[]
  /** Keywords that types cannot hold: bounds, lengths, formats. They become comments. */
  readonly [facet: string]: unknown
}

export type SchemaType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'
export type Scalar = string | number | boolean | null

/** In the order in which comments name them. */
export const facets = [
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const
