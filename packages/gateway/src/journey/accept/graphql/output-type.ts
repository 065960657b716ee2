import {
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableOutputType,
  GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { fieldNames, typeName, unused } from './graphql-names.ts'
import { isNullable, shapeOf } from './shape.ts'

/** The types of one contract or operation: named by path below `prefix`, each name once. */
export interface TypeScope {
  readonly prefix: string
  readonly taken: Set<string>
}

export const deprecationReason = 'Deprecated by its contract.'

/** The type of a value at `path`, e.g. `["Output", "label"]`. Null is the caller's matter. */
export function outputType(schema: Schema, path: readonly string[], scope: TypeScope): GraphQLNullableOutputType {
  const shape = shapeOf(schema)
  if (shape.kind === 'scalar') return shape.type
  if (shape.kind === 'enum') return enumType(schema, shape.values, path, scope)
  if (shape.kind === 'list') return new GraphQLList(orNull(outputType(shape.items, path, scope), shape.items))
  const names = fieldNames(Object.keys(shape.properties))
  const fields = Object.entries(shape.properties).map(([property, of]) => {
    const name = names.get(property) ?? property
    const type = outputType(of, [...path, name], scope)
    return [name, outputField(of, shape.required.has(property) ? orNull(type, of) : type, property, name)] as const
  })
  return new GraphQLObjectType({
    name: unused(typeName(scope.prefix, path), scope.taken),
    description: schema.description,
    fields: Object.fromEntries(fields),
  })
}

/** Its values are the JSON strings themselves. */
export function enumType(
  { description }: Schema,
  values: readonly string[],
  path: readonly string[],
  { prefix, taken }: TypeScope,
): GraphQLEnumType {
  return new GraphQLEnumType({
    name: unused(typeName(prefix, path), taken),
    description,
    values: Object.fromEntries(values.map((value) => [value, { value }])),
  })
}

export function orNull(type: GraphQLNullableOutputType, schema: Schema): GraphQLOutputType {
  return isNullable(schema) ? type : new GraphQLNonNull(type)
}

function outputField(
  { description, deprecated }: Schema,
  type: GraphQLOutputType,
  property: string,
  name: string,
): GraphQLFieldConfig<Record<string, unknown>, unknown> {
  return {
    type,
    description,
    ...(deprecated ? { deprecationReason } : {}),
    ...(property === name ? {} : { resolve: (source) => (Object.hasOwn(source, property) ? source[property] : null) }),
  }
}
