import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { isObject } from '../json.ts'

/**
 * Reading a caller's request so that nothing is dropped on the way: every object is read by a form that lists its members, and a
 * member that no form knows is refused by its name. `null` counts as left out, as the protocol has it for optional members.
 */
export interface Form {
  /** Members that have a place in the canonical form. */
  readonly reads: ReadonlySet<string>
  /** Members that are passed over, and for which values: they change no answer. */
  readonly passes: ReadonlyMap<string, (value: unknown) => boolean>
}

export type PassTable = Readonly<Record<string, (value: unknown) => boolean>>

/** Reads one value; `path` is its JSON Pointer in the request. */
export type Read<T> = (value: unknown, path: string) => T

export function form(reads: readonly string[], passes: PassTable = {}): Form {
  return { reads: new Set(reads), passes: new Map(Object.entries(passes)) }
}

/** Throws `unsupported` at the first member that the form does not know. */
export function membersOf(value: unknown, path: string, { reads, passes }: Form): JsonObject {
  if (!isObject(value)) throw invalid(path, 'must be an object')
  for (const [name, member] of Object.entries(value)) {
    if (member === null || reads.has(name) || passes.get(name)?.(member)) continue
    throw unsupported(name, `${path}/${pointer(name)}`)
  }
  return value
}

export function required<T>(members: JsonObject, name: string, path: string, read: Read<T>): T {
  return read(members[name], `${path}/${name}`)
}

export function optional<T>(members: JsonObject, name: string, path: string, read: Read<T>): T | undefined {
  const value = members[name] ?? undefined
  return value === undefined ? undefined : read(value, `${path}/${name}`)
}

export const text: Read<string> = (value, path) => {
  if (typeof value !== 'string') throw invalid(path, 'must be a string')
  return value
}

export const flag: Read<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw invalid(path, 'must be true or false')
  return value
}

export const plainObject: Read<JsonObject> = (value, path) => {
  if (!isObject(value)) throw invalid(path, 'must be an object')
  return value
}

export function numberWithin(min: number, max: number): Read<number> {
  return (value, path) => {
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw invalid(path, `must be a number from ${min} to ${max}`)
  }
}

export function integerWithin(min: number, max: number): Read<number> {
  return (value, path) => {
    if (Number.isInteger(value)) return numberWithin(min, max)(value, path)
    throw invalid(path, 'must be an integer')
  }
}

export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalid(path, 'must be a list')
    return value.map((item: unknown, index) => read(item, `${path}/${index}`))
  }
}

/** By what stands in its member `type`; another type than those listed has no canonical form. */
export function byType<T>(readers: Readonly<Record<string, Read<T>>>): Read<T> {
  const table = new Map(Object.entries(readers))
  return (value, path) => {
    const type = required(plainObject(value, path), 'type', path, text)
    const read = table.get(type)
    if (!read) throw unsupported(type, `${path}/type`)
    return read(value, path)
  }
}

export function invalid(path: string, message: string): AstraError {
  const place = path.slice(1).replaceAll('/', '.')
  return new AstraError('invalid_input', { detail: `${place}: ${message}`, violations: [{ path, message }] })
}

/** For what only Anthropic's own models know. */
export function unsupported(name: string, path: string): AstraError {
  return new AstraError('unsupported', {
    detail: `"${name.slice(0, nameLengthMax)}" cannot be passed to this model`,
    next: 'Leave it out, or use a model served by an Anthropic backend.',
    violations: [{ path, message: 'is known to Anthropic backends only' }],
  })
}

/** A caller chose the name; an error is no place for all of it. */
const nameLengthMax = 100

function pointer(name: string): string {
  return name.slice(0, nameLengthMax).replaceAll('~', '~0').replaceAll('/', '~1')
}
