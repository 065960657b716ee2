import type { Static, TSchema } from 'typebox'
import type { Caller, Permission } from './caller.ts'

/**
 * One declaration, every door: REST routes, the OpenAPI document, GraphQL fields and the SDK's types all derive from it.
 * Inputs are validated against `input` before `run` is called, whichever door they came through.
 */
export interface Operation {
  /** OpenAPI's operationId, e.g. "listCalls". GraphQL drops a leading "get" or "list": `calls`. */
  readonly name: string
  readonly summary: string
  readonly kind: 'query' | 'mutation'
  /** Of several, any one is enough. */
  readonly permission: Permission | readonly Permission[]
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Under /api/v1; `{x}` is the input's field x. The other fields are the query string of a GET or DELETE, else the JSON body. */
  readonly path: string
  /** A closed object. */
  readonly input: TSchema
  readonly output: TSchema
  /** A write that takes If-Match (GraphQL: the argument `ifMatch`) and refuses without it. */
  readonly guarded: boolean
  /**
   * What the audit log keeps of a mutation: its target as it stands before the write, and with its output, after it. JSON, and never a
   * secret. Left out, it keeps only that the write was made, when and by whom. Of a query: that it was made, and this with its output; left
   * out, nothing.
   */
  readonly audit?: ((input: never, output?: never) => unknown) | undefined
  /**
   * What a mutation is about, where its own path does not say it; `{x}` as there. Of one that was not made from the input alone, else
   * with the output.
   */
  readonly auditTarget?: ((input: never, output?: never) => string) | undefined
  readonly run: (input: never, context: OperationContext) => Promise<unknown>
}

export interface OperationContext {
  readonly caller: Caller
  /** Where the request came from, for the audit log. */
  readonly address?: string
  /** The ETags that the caller sent, without quotes; "*" is any; a weak one keeps its `W/` and so equals none. */
  readonly ifMatch: readonly string[] | undefined
  /** Aborted when the caller goes away: for what takes long. */
  readonly signal: AbortSignal
  /** Sets the ETag of the answer. */
  etag(value: string): void
}

/** For people: `"infer" or "read"`. */
export function permissionText({ permission }: Pick<Operation, 'permission'>): string {
  return [permission]
    .flat()
    .map((name) => `"${name}"`)
    .join(' or ')
}

/** Declares an operation with `run` typed from its schemas. */
export function operation<I extends TSchema, O extends TSchema>(declaration: {
  readonly name: string
  readonly summary: string
  readonly kind: 'query' | 'mutation'
  readonly permission: Operation['permission']
  readonly method: Operation['method']
  readonly path: string
  readonly input: I
  readonly output: O
  readonly guarded?: boolean
  readonly audit?: (input: Static<I>, output?: Static<O>) => unknown
  readonly auditTarget?: (input: Static<I>, output?: Static<O>) => string
  readonly run: (input: Static<I>, context: OperationContext) => Promise<Static<O>>
}): Operation {
  const { guarded = false, ...rest } = declaration
  return { ...rest, guarded }
}
