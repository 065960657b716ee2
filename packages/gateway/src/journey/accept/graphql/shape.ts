import { GraphQLBoolean, GraphQLFloat, GraphQLInt, type GraphQLScalarType, GraphQLString } from 'graphql'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { isEnumName } from './graphql-names.ts'
import { mergeAlternatives } from './merge-alternatives.ts'
import { int64, json } from './scalars.ts'

/** The form that a JSON Schema takes in GraphQL. */
export type Shape =
  | { readonly kind: 'scalar'; readonly type: GraphQLScalarType }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly items: Schema }
  | { readonly kind: 'object'; readonly properties: Readonly<Record<string, Schema>>; readonly required: Set<string> }

/**
 * The table by which JSON Schema becomes GraphQL. The first row that fits holds; what fits none is the scalar JSON.
 *
 * | JSON Schema | GraphQL |
 * |---|---|
 * | closed object with properties | object or input object, named by its path; a property's name is changed only where GraphQL can't have it |
 * | array with `items` | list |
 * | enum or const of strings that are GraphQL names | enum; its values are the strings themselves |
 * | string of any format (date-time, byte, …), any other enum of strings | String |
 * | boolean | Boolean |
 * | integer whose bounds or values lie within 32 bits | Int |
 * | integer | Int64 |
 * | number | Float |
 * | closed objects that a constant tells apart | one object with the fields of all; non-null is what every one requires |
 * | map, tuple, other alternatives, open or empty object, anything | JSON |
 *
 * A type is non-null when the property is required and does not take null. Null given for a property that may be left out but
 * not be null means "left out", for which GraphQL has no type of its own. Defaults and descriptions are carried over; lengths,
 * patterns and bounds are not GraphQL's: the contract checks them.
 */
const table: readonly ((schema: Schema, type: BaseType) => Shape | undefined)[] = [
  (schema, type) => (type === 'object' && isClosedObject(schema) ? objectShape(schema) : undefined),
  ({ items, prefixItems }, type) => (type === 'array' && items && !prefixItems ? { kind: 'list', items } : undefined),
  (schema, type) => (type === 'string' ? enumShape(valuesOf(schema)) : undefined),
  (_, type) => (type === 'string' ? scalar(GraphQLString) : undefined),
  (_, type) => (type === 'boolean' ? scalar(GraphQLBoolean) : undefined),
  (schema, type) => (type === 'integer' && fitsInt(schema) ? scalar(GraphQLInt) : undefined),
  (_, type) => (type === 'integer' ? scalar(int64) : undefined),
  (_, type) => (type === 'number' ? scalar(GraphQLFloat) : undefined),
]

type BaseType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | undefined

export function shapeOf(given: Schema): Shape {
  const schema = mergeAlternatives(given) ?? given
  const type = baseType(schema)
  for (const row of table) {
    const shape = row(schema, type)
    if (shape) return shape
  }
  return scalar(json)
}

/** Whether null is among what the schema takes. */
export function isNullable({ type, enum: values, const: only, oneOf }: Schema): boolean {
  if (values) return values.includes(null)
  if (Array.isArray(type)) return type.includes('null')
  if (oneOf) return oneOf.some(isNullable)
  return type === 'null' || only === null || (type === undefined && only === undefined)
}

function baseType({ type, oneOf, ...rest }: Schema): BaseType {
  if (oneOf) return undefined
  const named = Array.isArray(type) ? type.find((name) => name !== 'null') : type
  if (named !== undefined) return named === 'null' ? undefined : named
  const kinds = new Set(valuesOf(rest)?.map((value) => typeof value))
  const [kind] = kinds
  return kinds.size === 1 && (kind === 'string' || kind === 'boolean' || kind === 'number') ? kind : undefined
}

function valuesOf({ enum: values, const: only }: Schema): readonly (string | number | boolean)[] | undefined {
  const all = values ?? (only === undefined ? undefined : [only])
  return all?.filter((value) => value !== null)
}

function isClosedObject({ properties = {}, additionalProperties = false }: Schema): boolean {
  const names = Object.keys(properties)
  return additionalProperties === false && names.length > 0 && !names.includes('__proto__')
}

function objectShape({ properties = {}, required = [] }: Schema): Shape {
  return { kind: 'object', properties, required: new Set(required) }
}

function enumShape(values: readonly unknown[] | undefined): Shape | undefined {
  if (!values || values.length === 0 || !values.every(isEnumName)) return undefined
  return { kind: 'enum', values: [...new Set(values)] }
}

function fitsInt(schema: Schema): boolean {
  const values = valuesOf(schema)?.map(Number) ?? []
  const least = Math.max(schema.minimum ?? -Infinity, schema.exclusiveMinimum ?? -Infinity)
  const most = Math.min(schema.maximum ?? Infinity, schema.exclusiveMaximum ?? Infinity)
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [least, most]
  return low >= -(2 ** 31) && high < 2 ** 31
}

function scalar(type: GraphQLScalarType): Shape {
  return { kind: 'scalar', type }
}
