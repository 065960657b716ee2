import type { Violation } from '../errors.ts'
import { isObject } from '../json.ts'
import { facets } from './schema.ts'

/** Far beyond what a contract needs, and before the stack ends. */
const depthMax = 64

/**
 * Checks that a schema keeps to the subset. A keyword that is not known is a fault: passed over, it could make a type accept
 * what the gateway refuses, or the other way round.
 */
export function checkSchema(schema: unknown, path: string, depth = 0): Violation[] {
  if (!isObject(schema)) return [{ path, message: 'must be a schema (an object)' }]
  if (depth > depthMax) return [{ path, message: `nests deeper than ${depthMax} levels` }]
  const below = (value: unknown, ...keys: string[]) => checkSchema(value, [path, ...keys].join('/'), depth + 1)
  const faults = Object.entries(schema).flatMap(([keyword, value]) => {
    const check = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined
    if (check?.(value)) return []
    return [
      { path: `${path}/${keyword}`, message: check ? 'has a value it cannot have' : 'is no keyword of contracts' },
    ]
  })
  if (faults.length > 0) return faults
  const { properties, additionalProperties, items, prefixItems, oneOf } = schema
  return [
    ...Object.entries(isObject(properties) ? properties : {}).flatMap(([name, of]) => below(of, 'properties', name)),
    ...(isObject(additionalProperties) ? below(additionalProperties, 'additionalProperties') : []),
    ...(items === undefined ? [] : below(items, 'items')),
    ...(Array.isArray(prefixItems) ? prefixItems.flatMap((of, i) => below(of, 'prefixItems', String(i))) : []),
    ...(Array.isArray(oneOf) ? oneOf.flatMap((of, i) => below(of, 'oneOf', String(i))) : []),
  ]
}

type Check = (value: unknown) => boolean

const types: readonly unknown[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
const anything: Check = () => true
const isText: Check = (value) => typeof value === 'string'
const isFilledList: Check = (value) => Array.isArray(value) && value.length > 0
const isScalar: Check = (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
const isType: Check = (value) =>
  Array.isArray(value) ? value.length === 2 && types.includes(value[0]) && value[1] === 'null' : types.includes(value)

const keywords: Readonly<Record<string, Check>> = {
  type: isType,
  title: isText,
  description: isText,
  default: anything,
  examples: anything,
  deprecated: (value) => typeof value === 'boolean',
  enum: (value) => isFilledList(value) && (value as unknown[]).every(isScalar),
  const: isScalar,
  properties: isObject,
  required: (value) => Array.isArray(value) && value.every(isText),
  additionalProperties: (value) => typeof value === 'boolean' || isObject(value),
  items: isObject,
  prefixItems: isFilledList,
  oneOf: isFilledList,
  ...Object.fromEntries(facets.map((facet) => [facet, (value) => typeof value === 'number' || isText(value)])),
}
