import { formatTable } from './formats.ts'
import { patternTest } from './pattern.ts'
import type { Schema } from './schema.ts'

/** What is wrong with a value of the right type; undefined when nothing is. */
export type Rule<T> = (schema: Schema, value: T) => string | undefined

/** The keywords that bound a value, by its JSON type, each as the sentence that it says when it is broken. */
export const ruleTable: {
  readonly string: readonly Rule<string>[]
  readonly number: readonly Rule<number>[]
  readonly array: readonly Rule<readonly unknown[]>[]
  readonly object: readonly Rule<Readonly<Record<string, unknown>>>[]
} = {
  string: [
    ({ minLength: min }, text) => atLeast(min, lengthOf(text, min), 'character'),
    ({ maxLength: max }, text) => atMost(max, lengthOf(text, max), 'character'),
    ({ pattern }, text) =>
      pattern === undefined || patternTest(pattern)(text) ? undefined : `must match the pattern ${pattern}`,
    ({ format }, text) => formatFault(format, false, text),
  ],
  number: [
    ({ minimum }, n) => (minimum === undefined || n >= minimum ? undefined : `must be at least ${minimum}`),
    ({ maximum }, n) => (maximum === undefined || n <= maximum ? undefined : `must be at most ${maximum}`),
    ({ exclusiveMinimum: bound }, n) => (bound === undefined || n > bound ? undefined : `must be more than ${bound}`),
    ({ exclusiveMaximum: bound }, n) => (bound === undefined || n < bound ? undefined : `must be less than ${bound}`),
    ({ multipleOf: step }, n) =>
      step === undefined || isMultiple(n, step) ? undefined : `must be a multiple of ${step}`,
    ({ format }, n) => formatFault(format, true, n),
  ],
  array: [
    ({ minItems: min }, list) => atLeast(min, list.length, 'element'),
    ({ maxItems: max }, list) => atMost(max, list.length, 'element'),
    ({ prefixItems }, list) => atMost(prefixItems?.length, list.length, 'element'),
  ],
  object: [
    ({ minProperties: min }, value) => atLeast(min, Object.keys(value).length, 'field'),
    ({ maxProperties: max }, value) => atMost(max, Object.keys(value).length, 'field'),
  ],
}

/** Binary fractions: 0.3 / 0.1 is 2.9999999999999996. */
export const multipleOfDigits = 9

function isMultiple(n: number, step: number): boolean {
  return Math.abs(Math.round(n / step) - n / step) <= 10 ** -multipleOfDigits
}

/** In code points, as JSON Schema counts; not counted where it cannot matter. */
function lengthOf(text: string, bound: number | undefined): number {
  if (bound === undefined || text.length < bound) return text.length
  let length = text.length
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length--
      i++
    }
  }
  return length
}

function atLeast(min: number | undefined, count: number, noun: string): string | undefined {
  return min === undefined || count >= min ? undefined : `must have at least ${counted(min, noun)}, has ${count}`
}

function atMost(max: number | undefined, count: number, noun: string): string | undefined {
  return max === undefined || count <= max ? undefined : `must have at most ${counted(max, noun)}, has ${count}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function formatFault(name: Schema['format'], numeric: boolean, value: string | number): string | undefined {
  if (name === undefined) return undefined
  const format = formatTable[name]
  return format.numeric !== numeric || format.fits(value) ? undefined : `must be ${format.words}`
}
