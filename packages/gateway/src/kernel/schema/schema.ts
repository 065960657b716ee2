/**
 * The subset of JSON Schema (2020-12) that contracts keep to: small enough that two schemas can be compared ("does
 * everything that fitted the old one fit the new one?") and that each has one form in OpenAPI, GraphQL and TypeScript.
 */
export interface Schema {
  readonly type?: SchemaType | readonly [SchemaType, 'null']
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  readonly enum?: readonly (string | number | boolean | null)[]
  readonly const?: string | number | boolean | null
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  /** Left out means false in a contract: unknown fields are refused. A schema makes the object a map. */
  readonly additionalProperties?: boolean | Schema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly items?: Schema
  /** A tuple; `items: false` is implied. */
  readonly prefixItems?: readonly Schema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: SchemaFormat
  /** Alternatives; compared branch by branch. */
  readonly oneOf?: readonly Schema[]
}

export type SchemaType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

/** `int64` marks integers that may pass 2^53; the rest are JSON Schema's own. */
export type SchemaFormat = 'int64' | 'date-time' | 'date' | 'email' | 'uri' | 'uuid' | 'byte'

export const schemaTypes: readonly SchemaType[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
export const schemaFormats: readonly SchemaFormat[] = ['int64', 'date-time', 'date', 'email', 'uri', 'uuid', 'byte']
