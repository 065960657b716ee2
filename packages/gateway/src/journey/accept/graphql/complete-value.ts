import {
  type FieldNode,
  GraphQLBoolean,
  GraphQLError,
  type GraphQLField,
  GraphQLFloat,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  isListType,
  isNonNullType,
  isObjectType,
  locatedError,
} from 'graphql'
import { collectFields } from './collect-fields.ts'
import { json } from './scalars.ts'
import type { Fragments } from './survey.ts'

/** Makes the answer's part below a field from what its resolver gave. Throws where graphql-js would; keeps nulled errors in `errors`. */
export type Complete = (value: unknown, path: Path, errors: GraphQLError[]) => unknown

export interface Path {
  readonly prev: Path | undefined
  readonly key: string | number
}

type Fits = (value: unknown) => boolean

/**
 * The spec's "value completion" for types without interfaces, compiled for one selection: what a contract has checked already
 * passes at the price of looking at it, above all a list of numbers, which graphql-js completes one by one.
 */
export function completerOf(
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  name: string,
  fragments: Fragments,
): Complete {
  if (isNonNullType(type)) {
    const complete = completerOf(type.ofType, nodes, name, fragments)
    return (value, path, errors) => {
      const completed = complete(value, path, errors)
      if (completed === null) throw new Error(`Cannot return null for non-nullable field ${name}.`)
      return completed
    }
  }
  if (isListType(type)) return orNull(listCompleter(type.ofType, nodes, name, fragments))
  if (isObjectType(type)) return orNull(objectCompleter(type, nodes, fragments))
  return orNull(leafCompleter(type as GraphQLLeafType))
}

function orNull(complete: Complete): Complete {
  return (value, path, errors) => (value === null || value === undefined ? null : complete(value, path, errors))
}

function leafCompleter(type: GraphQLLeafType): Complete {
  return (value) => {
    const completed = type.coerceOutputValue(value)
    if (completed === null || completed === undefined) throw new Error(`${type} has no form for a value`)
    return completed
  }
}

function listCompleter(
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  name: string,
  fragments: Fragments,
): Complete {
  const complete = completerOf(type, nodes, name, fragments)
  const fits = fitsOf(type)
  return (value, path, errors) => {
    if (!Array.isArray(value)) throw new GraphQLError(`Expected Iterable, but did not find one for field "${name}".`)
    if (fits && value.every(fits)) return value
    return value.map((item, key) => guarded(complete, item, { prev: path, key }, type, nodes, errors))
  }
}

function objectCompleter(type: GraphQLObjectType, nodes: readonly FieldNode[], fragments: Fragments): Complete {
  const below = collectFields(
    nodes.map((node) => node.selectionSet),
    fragments,
  )
  const fields = [...below].map(([key, nodes]) => [key, fieldCompleter(type, key, nodes, fragments)] as const)
  return (value, path, errors) => {
    const result: Record<string, unknown> = {}
    for (const [key, complete] of fields) result[key] = complete(value, path, errors)
    return result
  }
}

/** From the value of the object that holds the field. */
function fieldCompleter(
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
  fragments: Fragments,
): Complete {
  const name = nodes[0]?.name.value ?? ''
  if (name === '__typename') return () => parent.name
  const field = parent.getFields()[name]
  if (!field) throw new Error(`${parent} has no field ${name}`)
  const read = readerOf(field)
  const complete = completerOf(field.type, nodes, `${parent}.${name}`, fragments)
  const fits = fitsOf(field.type)
  return (source, path, errors) => {
    const value = read(source)
    return fits?.(value) ? value : guarded(complete, value, { prev: path, key }, field.type, nodes, errors)
  }
}

function readerOf({ name, resolve }: GraphQLField<unknown, unknown>): (source: unknown) => unknown {
  if (resolve) return (source) => resolve(source, {}, undefined, undefined as never)
  return (source) =>
    typeof source === 'object' && source !== null ? (source as Record<string, unknown>)[name] : undefined
}

/** Where an error stops: at the nearest place that may be null. */
function guarded(
  complete: Complete,
  value: unknown,
  path: Path,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  errors: GraphQLError[],
): unknown {
  try {
    return complete(value, path, errors)
  } catch (thrown) {
    const error = locatedError(thrown, nodes, keysOf(path))
    if (isNonNullType(type)) throw error
    errors.push(error)
    return null
  }
}

export function keysOf(path: Path | undefined): readonly (string | number)[] {
  const keys: (string | number)[] = []
  for (let at = path; at; at = at.prev) keys.unshift(at.key)
  return keys
}

/** Whether a value is its own completion; undefined where that takes more than a look. */
function fitsOf(type: GraphQLOutputType): Fits | undefined {
  if (isNonNullType(type)) return fitsTable.get(type.ofType) ?? listFits(type.ofType)
  const fits = fitsTable.get(type) ?? listFits(type)
  return fits && ((value) => value === null || fits(value))
}

function listFits(type: GraphQLOutputType): Fits | undefined {
  const fits = isListType(type) ? fitsOf(type.ofType) : undefined
  return fits && ((value) => Array.isArray(value) && value.every(fits))
}

const fitsTable: ReadonlyMap<GraphQLOutputType, Fits> = new Map<GraphQLOutputType, Fits>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLFloat, Number.isFinite],
  [json, (value) => value !== null && value !== undefined],
])
