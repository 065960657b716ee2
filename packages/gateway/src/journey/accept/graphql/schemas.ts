import type { GraphQLSchema } from 'graphql'
import type { Catalog, Model } from '../../../kernel/catalog.ts'
import type { Operation } from '../../../kernel/operation.ts'
import { nearest } from '../../../kernel/schema/nearest.ts'
import { camelCase } from './graphql-names.ts'
import { graphqlSchema, operationRoots } from './graphql-schema.ts'
import { lru } from './lru.ts'
import { streamFieldName } from './stream-fields.ts'
import type { Survey } from './survey.ts'

const subsetsMax = 200
/** Over all of them. */
const modelsMax = 5_000
/** Looking for the likeliest name costs a walk over all; validation names few errors anyway. */
const guessesMax = 5

/** Finds the smallest schema that a document can be validated against and executed with. */
export type FindSchema = (catalog: Catalog, surveys: readonly Survey[]) => GraphQLSchema

/**
 * A catalog may hold a thousand models and a document names a few: only these are built. Introspection alone needs them all. A
 * name that no model has brings in the one it was probably meant to be, so that the error can suggest it.
 */
export function createSchemas(operations: readonly Operation[]): FindSchema {
  const roots = operationRoots(operations)
  const schemas = lru<GraphQLSchema>(subsetsMax, modelsMax)
  let revision: number | undefined
  let fields: FieldIndex = { models: new Map(), streams: new Map() }

  return (catalog, surveys) => {
    if (catalog.revision !== revision) {
      revision = catalog.revision
      schemas.clear()
      fields = indexFields(catalog)
    }
    const all = surveys.some(({ introspections }) => introspections > 0)
    const names = all ? catalog.modelNames() : [...namedModels(surveys, fields)].sort()
    const key = all ? '*' : names.join()
    let schema = schemas.get(key)
    if (!schema) {
      schema = graphqlSchema(modelsOf(catalog, names), roots)
      schemas.put(key, schema, names.length)
    }
    return schema
  }
}

export function modelsOf(catalog: Catalog, names: readonly string[]): readonly Model[] {
  return names.flatMap((name) => catalog.model(name) ?? [])
}

/** Which model a field means. Made from the catalog's plain data, so that no model is compiled for it. */
interface FieldIndex {
  readonly models: ReadonlyMap<string, string>
  readonly streams: ReadonlyMap<string, string>
}

function indexFields({ state }: Catalog): FieldIndex {
  const models = new Map<string, string>()
  const streams = new Map<string, string>()
  for (const [model, { contracts }] of Object.entries(state.models)) {
    models.set(camelCase(model), model)
    for (const [major, contract] of Object.entries(contracts)) {
      if (contract.streams) streams.set(streamFieldName(model, major), model)
    }
  }
  return { models, streams }
}

function namedModels(surveys: readonly Survey[], index: FieldIndex): ReadonlySet<string> {
  const models = surveys.flatMap((survey) => [...survey.models])
  const streams = surveys.flatMap((survey) => [...survey.streams])
  const infers = surveys.some((survey) => survey.infers && survey.streams.size === 0)
  return new Set([...meant(models, index.models, infers), ...meant(streams, index.streams, streams.length > 0)])
}

/** Without any model the schema would lack the field that holds them, and the error would deny that there is one. */
function meant(fields: readonly string[], index: ReadonlyMap<string, string>, wanted: boolean): readonly string[] {
  const known = fields.flatMap((field) => index.get(field) ?? [])
  const unknown = fields.filter((field) => !index.has(field)).slice(0, guessesMax)
  const guessed = unknown.flatMap((field) => index.get(nearest(field, index.keys()) ?? '') ?? [])
  const found = [...known, ...guessed]
  return found.length > 0 || !wanted ? found : [...index.values()].slice(0, 1)
}
