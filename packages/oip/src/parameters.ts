import { isObject, type JsonObject } from './json-body.ts'
import { invalid, quote } from './protocol-error.ts'

/** The `parameters` of a request or a tensor: their values are of the three kinds that the protocol allows. */
export type Parameters = Readonly<Record<string, string | number | boolean>>

const NONE: Parameters = {}

/** @param label begins the sentence that refuses anything else. */
export function readParameters(value: unknown, label: () => string): Parameters {
  if (value === undefined) return NONE
  if (isObject(value) && hasPlainValues(value)) return value
  throw invalid(`${label()} must be an object of strings, numbers and booleans, not ${quote(value)}`)
}

function hasPlainValues(parameters: JsonObject): parameters is Parameters {
  const plain = (value: unknown) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return Object.values(parameters).every(plain)
}

export function readFlag(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters[name]
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid(`The parameter ${name} must be true or false, not ${quote(value)}`)
}
