import { AstraError } from '../kernel/errors.ts'
import { isJsonObject } from '../kernel/schema/facets.ts'
import type { JsonObject } from './dialect.ts'

/** How values of a caller's request are read: each throws `invalid_input` with the value's JSON Pointer, in the caller's own words. */

export function wrongAt(path: string, message: string): AstraError {
  return new AstraError('invalid_input', { detail: `${path} ${message}`, violations: [{ path, message }] })
}

export function objectAt(value: unknown, path: string): JsonObject {
  if (!isJsonObject(value)) throw wrongAt(path, 'must be an object')
  return value
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongAt(path, 'must be a list')
  return value
}

export function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrongAt(path, 'must be a string')
  return value
}

export function booleanAt(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrongAt(path, 'must be true or false')
  return value
}

export function numberAt(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || value < min || value > max)
    throw wrongAt(path, `must be a number from ${min} to ${max}`)
  return value
}

export function integerAt(value: unknown, path: string, min: number, max: number): number {
  if (!Number.isInteger(value)) throw wrongAt(path, 'must be a whole number')
  return numberAt(value, path, min, max)
}
