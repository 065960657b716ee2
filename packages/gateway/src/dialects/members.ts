import { AstraError } from '../kernel/errors.ts'
import { childPath } from '../kernel/schema/facets.ts'
import type { JsonObject } from './dialect.ts'
import { integerAt, listAt, numberAt, objectAt, textAt } from './values.ts'

/**
 * Reading a caller's request so that nothing is dropped on the way: every object is read by a form that lists its members, and a
 * member that no form knows is refused by its name. `null` counts as left out, as the protocol has it.
 */
export interface Form {
  /** Members that have a place in the canonical form. */
  readonly reads: ReadonlySet<string>
  /** Members that are passed over, and for which values: they change no answer. */
  readonly passes: ReadonlyMap<string, Passes>
}

export type Passes = (value: unknown) => boolean
export type PassTable = Readonly<Record<string, Passes>>

/** Reads one value; `path` is its JSON Pointer in the request. */
export type Read<T> = (value: unknown, path: string) => T

export const always: Passes = () => true

export function only(...values: readonly unknown[]): Passes {
  return (value) => values.includes(value)
}

export function form(reads: readonly string[], passes: PassTable = {}): Form {
  return { reads: new Set(reads), passes: new Map(Object.entries(passes)) }
}

/** Throws `unsupported` at the first member that the form does not know. */
export function membersOf(value: unknown, path: string, { reads, passes }: Form): JsonObject {
  const members = objectAt(value, path)
  for (const [name, member] of Object.entries(members)) {
    if (member === null || reads.has(name) || passes.get(name)?.(member)) continue
    throw unsupported(name, childPath(path, name.slice(0, nameLengthMax)))
  }
  return members
}

export function required<T>(members: JsonObject, name: string, path: string, read: Read<T>): T {
  return read(members[name], `${path}/${name}`)
}

export function optional<T>(members: JsonObject, name: string, path: string, read: Read<T>): T | undefined {
  const value = members[name] ?? undefined
  return value === undefined ? undefined : read(value, `${path}/${name}`)
}

export function numberWithin(min: number, max: number): Read<number> {
  return (value, path) => numberAt(value, path, min, max)
}

export function integerWithin(min: number, max: number): Read<number> {
  return (value, path) => integerAt(value, path, min, max)
}

export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) => listAt(value, path).map((item, index) => read(item, `${path}/${index}`))
}

/** By what stands in its member `type`; another type than those listed has no canonical form. */
export function byType<T>(readers: Readonly<Record<string, Read<T>>>, absent?: string): Read<T> {
  const table = new Map(Object.entries(readers))
  return (value, path) => {
    const type = textAt(objectAt(value, path).type ?? absent, `${path}/type`)
    const read = table.get(type)
    if (!read) throw unsupported(type, `${path}/type`)
    return read(value, path)
  }
}

/** For what has no place in the canonical form. */
export function unsupported(name: string, path: string): AstraError {
  return new AstraError('unsupported', {
    detail: `"${name.slice(0, nameLengthMax)}" cannot be passed to this model`,
    next: 'Leave it out, or use a model served by a backend that speaks this protocol itself.',
    violations: [{ path, message: 'is known to backends that speak this protocol only' }],
  })
}

/** A caller chose the name; an error is no place for all of it. */
const nameLengthMax = 100
