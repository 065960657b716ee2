import { isUtf8 } from 'node:buffer'
import { invalid, quote } from './protocol-error.ts'

/** An object from outside: its keys are own properties only, `__proto__` included, as JSON.parse makes them. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Parses a raw body. Whatever Content-Type says is ignored: protocol clients send none. */
export function parseJsonBody(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) throw invalid('The body is empty; it must be a JSON object')
  return parseJson(utf8Text(body, 'The body'))
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(`The body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * The same value again, with integers beyond 2^53 - 1, which JSON.parse rounds, as bigints. Several times as dear: only
 * for a text that `mayRound`.
 */
export function parseJsonExactly(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value, context?: { readonly source?: string }) => {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
      const source = context?.source ?? ''
      // No more digits than 64 bits have: to read a million of them takes half a second, and none of that would fit.
      return /^-?\d{1,20}$/.test(source) ? BigInt(source) : value
    })
  } catch {
    // A reviver goes down by recursion, unlike a parse without one.
    throw invalid('The body is nested too deep')
  }
}

/** Whether a text might hold an integer that JSON.parse rounds: 2^53 has 16 digits. */
export function mayRound(text: string): boolean {
  return /\d{16}/.test(text)
}

const REPLACEMENT = '\ufffd'
const BYTE_ORDER_MARK = '\ufeff'

/** Bytes as text. Those that are not UTF-8 would otherwise reach the model as replacement characters. */
export function utf8Text(bytes: Uint8Array, label: string): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  if (text.includes(REPLACEMENT) && !isUtf8(bytes)) throw invalid(`${label} is not UTF-8`)
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

export function asObject(value: unknown, label: string): JsonObject {
  if (!isObject(value)) throw invalid(`${label} must be a JSON object, not ${quote(value)}`)
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
