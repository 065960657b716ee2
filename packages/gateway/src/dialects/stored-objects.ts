import { AstraError } from '../kernel/errors.ts'
import { childPath, isJsonObject } from '../kernel/schema/facets.ts'
import type { JsonObject } from './dialect.ts'

/**
 * What stands at the vendor stands in the operator's account, which all consumers share: a request that names it could read what is
 * another's. It is refused in every case, passing through included. What the vendor does within one call, such as a web search, may pass.
 */
export interface StoredObject {
  readonly isMeant: (value: unknown, holder: JsonObject) => boolean
  readonly detail: string
  readonly next: string
}

/** By the name of the member that would reach it. */
export type StoredObjects = Readonly<Record<string, StoredObject>>

/** Throws `unsupported` at the first member of an object that would reach what is stored. */
export function refuseStored(holder: JsonObject, path: string, stored: StoredObjects): void {
  for (const [name, { isMeant, detail, next }] of Object.entries(stored)) {
    if (!Object.hasOwn(holder, name) || !isMeant(holder[name], holder)) continue
    const message = 'would be kept, or looked for, in the account that all callers share'
    throw new AstraError('unsupported', { detail, next, violations: [{ path: childPath(path, name), message }] })
  }
}

/** The same of an object or a list and all that it holds, but for members in which the words are the caller's own. */
export function refuseStoredWithin(
  value: unknown,
  path: string,
  stored: StoredObjects,
  ownWords: ReadonlySet<string>,
): void {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) refuseStoredWithin(item, childPath(path, at), stored, ownWords)
  } else if (isJsonObject(value)) {
    refuseStored(value, path, stored)
    for (const [name, member] of Object.entries(value)) {
      if (!ownWords.has(name)) refuseStoredWithin(member, childPath(path, name), stored, ownWords)
    }
  }
}

export function isTrue(value: unknown): boolean {
  return value === true
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Of a list of names: whether it has any. */
export function isFilled(value: unknown): boolean {
  return isGiven(value) && !(Array.isArray(value) && value.length === 0)
}
