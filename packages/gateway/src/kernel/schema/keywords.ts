import { type Schema, type SchemaType, schemaFormats, schemaTypes } from './schema.ts'

/**
 * Each keyword of the subset: of which JSON types it speaks (undefined: of any), and what its value must be. Keywords that
 * hold schemas say so by `holds`; those are walked, not judged here.
 */
export const keywordTable: Readonly<Record<keyof Schema, Keyword>> = {
  type: annotation(isType, `one of ${schemaTypes.join(', ')}, or such a type and "null" in a list`),
  title: annotation(isText, 'a string'),
  description: annotation(isText, 'a string'),
  default: annotation(() => true, 'a value'),
  examples: annotation(Array.isArray, 'a list'),
  deprecated: annotation((value) => typeof value === 'boolean', 'true or false'),
  enum: of(undefined, isChoices, 'a list of at most 10000 different strings, numbers, true, false or null'),
  const: of(undefined, isScalar, 'a string, a number, true, false or null'),
  properties: of(['object'], isMap, 'an object that gives each field its schema', 'each'),
  required: of(['object'], isNames, 'a list of different field names'),
  additionalProperties: of(['object'], () => true, 'true, false or a schema', 'one'),
  minProperties: of(['object'], isCount, 'a whole number from 0'),
  maxProperties: of(['object'], isCount, 'a whole number from 0'),
  items: of(['array'], () => true, 'a schema', 'one'),
  prefixItems: of(['array'], isFilledList, 'a list of schemas', 'each'),
  minItems: of(['array'], isCount, 'a whole number from 0'),
  maxItems: of(['array'], isCount, 'a whole number from 0'),
  minimum: of(['number', 'integer'], isNumber, 'a number'),
  maximum: of(['number', 'integer'], isNumber, 'a number'),
  exclusiveMinimum: of(['number', 'integer'], isNumber, 'a number'),
  exclusiveMaximum: of(['number', 'integer'], isNumber, 'a number'),
  multipleOf: of(['number', 'integer'], (value) => isNumber(value) && Number(value) > 0, 'a number above 0'),
  minLength: of(['string'], isCount, 'a whole number from 0'),
  maxLength: of(['string'], isCount, 'a whole number from 0'),
  pattern: of(['string'], isText, 'a regular expression'),
  format: of(['string', 'integer'], isFormat, `one of ${schemaFormats.join(', ')}`),
  oneOf: of(undefined, isForms, 'a list of 2 to 100 schemas', 'each'),
}

export interface Keyword {
  readonly types: readonly SchemaType[] | undefined
  /** True when it decides nothing about a value, so that it may stand anywhere. */
  readonly annotates: boolean
  readonly suits: (value: unknown) => boolean
  /** Completes "must be …". */
  readonly words: string
  readonly holds: 'one' | 'each' | undefined
}

export function isKeyword(name: string): name is keyof Schema {
  return Object.hasOwn(keywordTable, name)
}

/** Where a keyword of JSON Schema that is not in the subset has a counterpart that is. */
export const counterparts: Readonly<Record<string, string>> = {
  anyOf: 'Use oneOf, with forms that a field with a const or their type tells apart.',
  allOf: 'Write the fields out in one schema.',
  $ref: 'Write the schema out where it is used.',
  $defs: 'Write each schema out where it is used.',
  definitions: 'Write each schema out where it is used.',
  not: 'Say what is allowed instead.',
  nullable: 'Use type: [string, "null"].',
  patternProperties: 'Use additionalProperties with one schema for every value.',
  propertyNames: 'Use properties, or additionalProperties with one schema for every value.',
  unevaluatedProperties: 'Use additionalProperties.',
  uniqueItems: 'Leave it out: it cannot be compared between revisions.',
  $schema: 'Leave it out: it is always 2020-12.',
  $id: 'Leave it out.',
  example: 'Use examples, a list.',
}

function annotation(suits: Keyword['suits'], words: string): Keyword {
  return { types: undefined, annotates: true, suits, words, holds: undefined }
}

function of(
  types: Keyword['types'],
  suits: Keyword['suits'],
  words: string,
  holds: Keyword['holds'] = undefined,
): Keyword {
  return { types, annotates: false, suits, words, holds }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isScalar(value: unknown): boolean {
  return value === null || isText(value) || isNumber(value) || typeof value === 'boolean'
}

function isChoices(value: unknown): boolean {
  return isFilledList(value) && value.length <= 10_000 && value.every(isScalar) && new Set(value).size === value.length
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText) && new Set(value).size === value.length
}

/** Each is compared with each. */
function isForms(value: unknown): boolean {
  return isFilledList(value) && value.length > 1 && value.length <= 100
}

function isFilledList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isType(value: unknown): boolean {
  const known = (type: unknown) => schemaTypes.some((name) => name === type)
  if (!Array.isArray(value)) return known(value)
  return value.length === 2 && known(value[0]) && value[0] !== 'null' && value[1] === 'null'
}

function isFormat(value: unknown): boolean {
  return schemaFormats.some((name) => name === value)
}
