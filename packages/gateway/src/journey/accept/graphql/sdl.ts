import { lexicographicSortSchema, printSchema } from 'graphql'
import type { Catalog } from '../../../kernel/catalog.ts'
import type { Operation } from '../../../kernel/operation.ts'
import { graphqlSchema, operationRoots } from './graphql-schema.ts'

/** The whole schema as text, sorted, so that two catalogs' texts differ only where the catalogs do. */
export function sdlOf(catalog: Catalog, operations: readonly Operation[]): string {
  const models = catalog.modelNames().flatMap((name) => catalog.model(name) ?? [])
  return printSchema(lexicographicSortSchema(graphqlSchema(models, operationRoots(operations))))
}
