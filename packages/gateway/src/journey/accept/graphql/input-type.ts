import {
  coerceInputValue,
  type GraphQLInputFieldConfig,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableInputType,
} from 'graphql'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { fieldNames, typeName, unused } from './graphql-names.ts'
import { deprecationReason, enumType, type TypeScope } from './output-type.ts'
import { isNullable, shapeOf } from './shape.ts'

export interface Input<T extends GraphQLInputType = GraphQLInputType> {
  readonly type: T
  /** From what graphql-js made of the caller's value to the JSON that any other door would have read; undefined: it is that. */
  readonly toJson: ((value: unknown) => unknown) | undefined
}

/** An object's fields, or an operation's arguments. */
export interface InputFields {
  readonly configs: Readonly<Record<string, GraphQLInputFieldConfig>>
  toJson(values: Readonly<Record<string, unknown>>): Record<string, unknown>
}

/** The input type of a value at `path`. Null is the caller's matter. */
export function inputType(schema: Schema, path: readonly string[], scope: TypeScope): Input<GraphQLNullableInputType> {
  const shape = shapeOf(schema)
  if (shape.kind === 'scalar') return { type: shape.type, toJson: undefined }
  if (shape.kind === 'enum') return { type: enumType(schema, shape.values, path, scope), toJson: undefined }
  if (shape.kind === 'list') return listOf(inputType(shape.items, path, scope), shape.items)
  const { configs, toJson } = inputFields(shape.properties, shape.required, path, scope)
  const name = unused(typeName(scope.prefix, path), scope.taken)
  return {
    type: new GraphQLInputObjectType({ name, description: schema.description, fields: configs }),
    toJson: (value) => toJson(value as Record<string, unknown>),
  }
}

export function inputFields(
  properties: Readonly<Record<string, Schema>>,
  required: ReadonlySet<string>,
  path: readonly string[],
  scope: TypeScope,
): InputFields {
  const names = fieldNames(Object.keys(properties))
  const fields = Object.entries(properties).map(([property, schema]) => {
    const name = names.get(property) ?? property
    const nullable = isNullable(schema)
    const { type, toJson } = inputType(schema, [...path, name], scope)
    const needed = required.has(property) && !nullable
    return { property, name, nullable, toJson, config: inputField(schema, type, needed) }
  })
  return {
    configs: Object.fromEntries(fields.map(({ name, config }) => [name, config])),
    toJson: (values) => {
      const result: Record<string, unknown> = {}
      for (const { property, name, nullable, toJson } of fields) {
        const value = values[name]
        if (value === undefined || (value === null && !nullable)) continue
        result[property] = value === null || !toJson ? value : toJson(value)
      }
      return result
    },
  }
}

export function required({ type, toJson }: Input<GraphQLNullableInputType>, schema: Schema): Input {
  return isNullable(schema) ? { type, toJson: toJson && orNull(toJson) } : { type: new GraphQLNonNull(type), toJson }
}

function listOf(item: Input<GraphQLNullableInputType>, items: Schema): Input<GraphQLNullableInputType> {
  const { type, toJson } = required(item, items)
  return { type: new GraphQLList(type), toJson: toJson && ((values) => (values as unknown[]).map(toJson)) }
}

function orNull(toJson: (value: unknown) => unknown) {
  return (value: unknown) => (value === null ? null : toJson(value))
}

/** A default that GraphQL can't write (its names differ, or it breaks its own schema) is left to the contract. */
function inputField(schema: Schema, nullable: GraphQLNullableInputType, needed: boolean): GraphQLInputFieldConfig {
  const { description, deprecated, default: value } = schema
  const type = needed ? new GraphQLNonNull(nullable) : nullable
  const hasDefault = value !== undefined && coerceInputValue(value, type) !== undefined
  return {
    type,
    description,
    ...(hasDefault ? { default: { value } } : {}),
    ...(deprecated && (!needed || hasDefault) ? { deprecationReason } : {}),
  }
}
