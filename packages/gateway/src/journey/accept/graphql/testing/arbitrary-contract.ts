import fc, { type Arbitrary } from 'fast-check'
import type { Schema } from '../../../../kernel/schema/schema.ts'
import { fieldNames } from '../graphql-names.ts'
import { isNullable, shapeOf } from '../shape.ts'
import { closed } from './fake-catalog.ts'

const property = fc.oneof(
  fc.constantFrom('text', 'a-b', 'aB', 'toString', '1', 'v1', 'x_y', '__id'),
  fc.string({ maxLength: 3 }),
)
const leaves: readonly Schema[] = [
  { type: 'string' },
  { type: ['string', 'null'] },
  { type: 'string', enum: ['ham', 'spam'] },
  { type: 'string', enum: ['no-store', 'x y'] },
  { type: 'integer', minimum: -10, maximum: 10 },
  { type: 'integer' },
  { type: 'number' },
  { type: ['number', 'null'] },
  { type: 'boolean' },
  { oneOf: [{ type: 'string' }, { type: 'number' }] },
  { type: 'object', additionalProperties: { type: 'string' } },
]

/** Schemas of the contract's subset, with the names and nestings that are awkward in GraphQL. */
export const anySchema: Arbitrary<Schema> = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('schema').map((items): Schema => ({ type: 'array', items })),
    fc
      .uniqueArray(fc.tuple(property, tie('schema'), fc.boolean()), { selector: ([name]) => name, maxLength: 4 })
      .map((fields) =>
        closed(
          Object.fromEntries(fields.filter(([name]) => name !== '__proto__').map(([name, schema]) => [name, schema])),
          fields.filter(([, , required]) => required).map(([name]) => name),
        ),
      ),
  ),
})).schema

/** Values that fit it. */
export function fitting(schema: Schema): Arbitrary<unknown> {
  const shape = shapeOf(schema)
  const value = ((): Arbitrary<unknown> => {
    if (shape.kind === 'enum') return fc.constantFrom(...shape.values)
    if (shape.kind === 'list') return fc.array(fitting(shape.items), { maxLength: 3 })
    if (shape.kind === 'object') {
      const values = Object.entries(shape.properties).map(([name, of]) => [name, fitting(of)] as const)
      return fc.record(Object.fromEntries(values), {
        requiredKeys: [...shape.required] as never[],
        noNullPrototype: true,
      })
    }
    return scalars[shape.type.name]?.(schema) ?? fc.constant(null)
  })()
  return isNullable(schema) ? fc.option(value) : value
}

const scalars: Readonly<Record<string, (schema: Schema) => Arbitrary<unknown>>> = {
  String: ({ enum: values }) => (values ? fc.constantFrom(...values) : fc.string()),
  Boolean: () => fc.boolean(),
  Int: () => fc.integer({ min: -10, max: 10 }),
  Int64: () => fc.maxSafeInteger(),
  Float: () => fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  JSON: ({ oneOf }) =>
    oneOf ? fc.oneof(fc.string(), fc.integer()) : fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
}

/** The value as GraphQL clients see it: with GraphQL's names, and (in answers) null for what is left out. */
export function inGraphql(schema: Schema, value: unknown, absent: 'left out' | 'null'): unknown {
  const shape = shapeOf(schema)
  if (value === null || value === undefined) return value
  if (shape.kind === 'list') return (value as unknown[]).map((item) => inGraphql(shape.items, item, absent))
  if (shape.kind !== 'object') return value
  const given = value as Record<string, unknown>
  const fields = [...fieldNames(Object.keys(shape.properties))].flatMap(([property, name]) => {
    if (Object.hasOwn(given, property))
      return [[name, inGraphql(shape.properties[property] ?? {}, given[property], absent)]]
    return absent === 'null' ? [[name, null]] : []
  })
  return Object.fromEntries(fields)
}

/** Everything below an output: `{ a b { c } }`; empty for what has no fields. */
export function selectionOf(schema: Schema): string {
  const shape = shapeOf(schema)
  if (shape.kind === 'list') return selectionOf(shape.items)
  if (shape.kind !== 'object') return ''
  const names = fieldNames(Object.keys(shape.properties))
  return `{ ${Object.entries(shape.properties)
    .map(([property, of]) => `${names.get(property)} ${selectionOf(of)}`)
    .join(' ')} }`
}
