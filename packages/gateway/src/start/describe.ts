import { sdlOf } from '../journey/accept/graphql/sdl.ts'
import { openApiOf } from '../journey/accept/openapi/openapi.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Operation } from '../kernel/operation.ts'

/** What callers would see of a catalog: for the differences that a plan shows. */
export function describe(catalog: Catalog, operations: readonly Operation[]): { openapi: string; sdl: string } {
  return { openapi: JSON.stringify(openApiOf(catalog, operations), undefined, 1), sdl: sdlOf(catalog, operations) }
}
