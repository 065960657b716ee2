import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Schema, schemaFormats } from '../../../kernel/schema/schema.ts'
import { isNullable, shapeOf } from './shape.ts'

/** What a schema becomes, as the table of `shape.ts` writes it. */
const table: readonly (readonly [Schema, string])[] = [
  [{ type: 'object', properties: { a: { type: 'string' } } }, 'object'],
  [{ type: ['object', 'null'], properties: { a: {} }, additionalProperties: false }, 'object'],
  [{ type: 'object', properties: {} }, 'JSON'],
  [{ type: 'object', properties: { a: {} }, additionalProperties: true }, 'JSON'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'JSON'],
  [{ type: 'object', properties: JSON.parse('{"__proto__": {}}') }, 'JSON'],
  [{ type: 'array', items: { type: 'string' } }, 'list'],
  [{ type: 'array', prefixItems: [{ type: 'string' }] }, 'JSON'],
  [{ type: 'array' }, 'JSON'],
  [{ type: 'string', enum: ['ham', 'spam'] }, 'enum ham spam'],
  [{ enum: ['ham', null] }, 'enum ham'],
  [{ type: 'string', const: 'text' }, 'enum text'],
  [{ const: 'text' }, 'enum text'],
  [{ type: 'string', enum: ['no-store', 'ok'] }, 'String'],
  [{ type: 'string', enum: ['0', '1'] }, 'String'],
  [{ type: 'string', enum: ['true'] }, 'String'],
  [{ type: 'boolean' }, 'Boolean'],
  [{ enum: [true] }, 'Boolean'],
  [{ type: 'integer', minimum: 0, maximum: 100 }, 'Int'],
  [{ type: 'integer', exclusiveMinimum: -1, exclusiveMaximum: 2 ** 31 }, 'Int64'],
  [{ type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }, 'Int'],
  [{ type: 'integer', minimum: 0, maximum: 2 ** 31 }, 'Int64'],
  [{ type: 'integer', minimum: 0 }, 'Int64'],
  [{ type: 'integer', format: 'int64' }, 'Int64'],
  [{ type: 'integer', enum: [1, 2] }, 'Int'],
  [{ type: 'integer', enum: [1, 2 ** 40] }, 'Int64'],
  [{ type: 'number', minimum: 0, maximum: 1 }, 'Float'],
  [{ const: 1.5 }, 'Float'],
  [{ oneOf: [{ type: 'string' }, { type: 'number' }] }, 'JSON'],
  [{ oneOf: [told('a', {}), told('b', { n: { type: 'number' } })] }, 'object'],
  [{ oneOf: [told('a', {}), told('a', { n: { type: 'number' } })] }, 'JSON'],
  [{ oneOf: [told('a', {}), { type: 'null' }] }, 'JSON'],
  [{ oneOf: [told('a', {}), { ...told('b', {}), additionalProperties: true }] }, 'JSON'],
  [{ enum: ['a', 1] }, 'JSON'],
  [{ type: 'null' }, 'JSON'],
  [{}, 'JSON'],
  ...schemaFormats
    .filter((format) => format !== 'int64')
    .map((format) => [{ type: 'string', format }, 'String'] as const),
]

test('JSON Schema becomes GraphQL by the table', () => {
  for (const [schema, expected] of table) {
    const shape = shapeOf(schema)
    const shown =
      shape.kind === 'scalar' ? shape.type.name : shape.kind === 'enum' ? `enum ${shape.values.join(' ')}` : shape.kind
    assert.equal(shown, expected, JSON.stringify(schema))
  }
})

test('null is taken where the schema takes it', () => {
  const nullable: Schema[] = [
    { type: ['string', 'null'] },
    { enum: ['a', null] },
    { oneOf: [{ type: 'string' }, { type: 'null' }] },
    {},
    { type: 'null' },
    { const: null },
  ]
  const not: Schema[] = [
    { type: 'string' },
    { enum: ['a'] },
    { type: ['string', 'null'], enum: ['a'] },
    { const: 'a' },
    { oneOf: [{ type: 'string' }] },
  ]
  for (const schema of nullable) assert.equal(isNullable(schema), true, JSON.stringify(schema))
  for (const schema of not) assert.equal(isNullable(schema), false, JSON.stringify(schema))
})

function told(type: string, properties: NonNullable<Schema['properties']>): Schema {
  const all = { type: { type: 'string', const: type }, ...properties } as const
  return { type: 'object', properties: all, required: Object.keys(all), additionalProperties: false }
}

test('alternatives that a constant tells apart are one object: what all require is required, what differs takes both', () => {
  const shape = shapeOf({
    oneOf: [
      told('a', { same: { type: 'number' }, list: { type: 'array', items: told('x', {}) }, other: { type: 'string' } }),
      told('b', {
        same: { type: 'number' },
        list: { type: 'array', items: { oneOf: [told('x', {}), told('y', { n: { type: 'boolean' } })] } },
        other: { type: 'boolean' },
      }),
      told('c', { same: { type: 'number' }, own: { type: 'string' } }),
    ],
  })
  assert.ok(shape.kind === 'object')
  assert.deepEqual([...shape.required], ['type', 'same'])
  const kinds = Object.entries(shape.properties).map(([name, property]) => {
    const { kind } = shapeOf(property.items ?? property)
    return [name, kind]
  })
  assert.deepEqual(Object.fromEntries(kinds), {
    type: 'enum',
    same: 'scalar',
    list: 'object',
    other: 'scalar',
    own: 'scalar',
  })
  assert.deepEqual(shape.properties.other, {})
})
