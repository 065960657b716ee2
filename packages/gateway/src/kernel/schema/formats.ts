import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { SchemaFormat } from './schema.ts'

/**
 * What each format means. Lengths are bounded before any expression runs: those of ajv-formats are linear or quadratic, and
 * an expression that repeats a group overflows its stack at some millions of characters.
 */
export const formatTable: Readonly<Record<SchemaFormat, Format>> = {
  // Numbers beyond 2^53 lose their last digits in JSON.parse whatever is checked here.
  int64: { words: 'a 64-bit whole number', numeric: true, fits: (value) => Math.abs(Number(value)) <= 2 ** 63 },
  'date-time': ofAjv('date-time', 'a date and time such as 2026-11-01T12:00:00Z', 64),
  date: ofAjv('date', 'a date such as 2026-11-01', 10),
  email: ofAjv('email', 'an e-mail address', 320),
  uri: ofAjv('uri', 'an absolute URI', 8192),
  uuid: ofAjv('uuid', 'a UUID', 45),
  byte: { words: 'base64', numeric: false, fits: (value) => typeof value === 'string' && isBase64(value) },
}

export interface Format {
  /** Completes "must be …". */
  readonly words: string
  /** Of numbers; the others are of strings. */
  readonly numeric: boolean
  fits(value: string | number): boolean
}

function ofAjv(name: Exclude<SchemaFormat, 'int64' | 'byte'>, words: string, charactersMax: number): Format {
  const fits = fitsOf(fullFormats[name])
  return { words, numeric: false, fits: (value) => String(value).length <= charactersMax && fits(String(value)) }
}

/** ajv-formats gives an expression, a function, or an object with a function. */
function fitsOf(format: unknown): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text)
  if (typeof format === 'function') return (text) => format(text) === true
  if (typeof format === 'object' && format !== null && 'validate' in format) return fitsOf(format.validate)
  throw new TypeError('ajv-formats has changed its form')
}

/** By hand: the usual expression repeats a group of four, and overflows on a body of some megabytes. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
