import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaMisfit } from './schema-misfit.ts'

test('schemas of which a grammar keeps everything', () => {
  const label = { enum: ['ham', 'spam'], description: 'which' }
  for (const schema of [
    { type: 'number' },
    { type: 'object', properties: { label }, required: ['label'], additionalProperties: false },
    { type: 'array', items: { oneOf: [{ type: 'string', maxLength: 5 }, { const: 3 }] }, minItems: 1 },
    { type: 'array', prefixItems: [{ type: 'boolean' }], items: { $ref: '#/$defs/x' }, $defs: { x: { type: 'null' } } },
    { type: 'string', format: 'date' },
    { type: 'object', additionalProperties: true },
  ]) {
    assert.equal(schemaMisfit(schema), undefined, JSON.stringify(schema))
  }
})

test('what no grammar keeps is named with its place', () => {
  let nested: object = { type: 'string' }
  for (let depth = 0; depth < 40; depth++) nested = { type: 'array', items: nested }
  for (const [schema, misfit] of [
    [{ type: 'number', minimum: 3 }, 'has "minimum" at "#", which cannot be kept; leave it out'],
    [{ properties: { a: { items: { pattern: 'x' } } } }, 'has "pattern" at "#/properties/a/items"'],
    [{ oneOf: [{}, { not: {} }] }, 'has "not" at "#/oneOf/1"'],
    [{ $defs: { b: { allOf: [] } } }, 'has "allOf" at "#/$defs/b"'],
    [{ type: 'object', required: ['a'] }, 'requires "a" at "#", which is not among its properties'],
    [{ type: 'string', format: 'email' }, 'has the format "email" at "#"'],
    [{ properties: { a: 3 } }, 'has 3 at "#/properties/a"'],
    [nested, 'nests deeper than 32 levels'],
  ] as const) {
    assert.ok(schemaMisfit(schema)?.startsWith(misfit), `${schemaMisfit(schema)}`)
  }
})
