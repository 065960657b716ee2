import { quote } from '@astraapi/oip'

const kept: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'enum',
  'const',
  'oneOf',
  'minLength',
  'maxLength',
  'format',
  '$defs',
  '$ref',
])
/** They restrict nothing. */
const remarks: ReadonlySet<string> = new Set(['title', 'description', 'default', 'examples', '$schema', '$comment'])
const formats: ReadonlySet<unknown> = new Set(['date', 'time', 'date-time'])
const depthMax = 32

/**
 * Why no grammar can be made of a JSON Schema that keeps all it says, if so: a part of it would be passed over without a word
 * otherwise. Grammars write every property, required or not, and none that is not declared, which fits the schema all the same.
 */
export function schemaMisfit(schema: unknown, path = '#', depth = 0): string | undefined {
  if (depth > depthMax) return `nests deeper than ${depthMax} levels`
  if (schema === true) return undefined
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return `has ${quote(schema)} at "${path}"`
  const fields: Readonly<Record<string, unknown>> = { ...schema }
  const strange = Object.keys(fields).find((name) => !kept.has(name) && !remarks.has(name))
  if (strange !== undefined) return `has ${quote(strange)} at "${path}", which cannot be kept; leave it out`
  if ('format' in fields && !formats.has(fields.format)) return `has the format ${quote(fields.format)} at "${path}"`
  const { properties, required = [] } = fields
  const undeclared = listOf(required).find((name) => !Object.hasOwn(Object(properties), String(name)))
  if (undeclared !== undefined) return `requires ${quote(undeclared)} at "${path}", which is not among its properties`
  for (const [at, part] of parts(fields)) {
    const misfit = schemaMisfit(part, `${path}/${at}`, depth + 1)
    if (misfit !== undefined) return misfit
  }
  return undefined
}

/** The schemas in a schema, each with where it stands. */
function parts(fields: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  const maps = ['properties', '$defs'].flatMap((name) =>
    Object.entries(Object(fields[name])).map(([key, part]) => [`${name}/${key}`, part] as const),
  )
  const lists = ['oneOf', 'prefixItems'].flatMap((name) =>
    listOf(fields[name]).map((part, index) => [`${name}/${index}`, part] as const),
  )
  const single = ['items', 'additionalProperties'].map((name) => [name, fields[name]] as const)
  return [...maps, ...lists, ...single.filter(([, part]) => typeof part === 'object' && part !== null)]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
