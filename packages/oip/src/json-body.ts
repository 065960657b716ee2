import { invalid, quote } from './protocol-error.ts'

/** An object from outside: its keys are own properties only, `__proto__` included, as JSON.parse makes them. */
export type JsonObject = Readonly<Record<string, unknown>>

// Bytes that are not UTF-8 would otherwise reach the model as replacement characters.
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses a raw body. Whatever Content-Type says is ignored: protocol clients send none. */
export function parseJsonBody(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) throw invalid('The body is empty; it must be a JSON object')
  try {
    return JSON.parse(utf8.decode(body))
  } catch (error) {
    throw invalid(`The body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

export function asObject(value: unknown, label: string): JsonObject {
  if (!isObject(value)) throw invalid(`${label} must be a JSON object, not ${quote(value)}`)
  return value
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
