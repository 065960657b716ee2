import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chatAnswerSchema, chatChunkSchema, chatRequestSchema } from '../chat-schema.ts'
import { taskTable } from '../tasks.ts'
import { keywordTable } from './keywords.ts'
import type { Schema } from './schema.ts'
import { schemaFaults } from './subset.ts'
import { compileSchema } from './validator.ts'

const text = { type: 'string' }

test('the schemas of every task keep to the subset', () => {
  assert.deepEqual(schemaFaults(chatRequestSchema, ''), [])
  assert.deepEqual(schemaFaults(chatAnswerSchema, ''), [])
  assert.deepEqual(schemaFaults(chatChunkSchema, ''), [])
  for (const task of Object.values(taskTable)) {
    for (const schema of [task.input, task.output({ labels: ['a', 'b'], dimensions: 3 }), task.chunk]) {
      if (schema) assert.deepEqual(schemaFaults(schema, ''), [])
    }
  }
})

const fine: Readonly<Record<string, unknown>> = {
  anything: {},
  'a described anything': { description: 'whatever', default: 1, examples: [1], deprecated: true },
  'a nullable string': { type: ['string', 'null'], minLength: 1, maxLength: 1, enum: ['a', null] },
  'an int64': { type: 'integer', format: 'int64' },
  'a map': { type: 'object', additionalProperties: { type: 'number' }, minProperties: 1 },
  'a tuple': { type: 'array', prefixItems: [text, { type: 'number' }], minItems: 2 },
  'forms told apart by a const': {
    oneOf: [
      { type: 'object', properties: { kind: { type: 'string', const: 'a' } }, required: ['kind'] },
      { type: 'object', properties: { kind: { type: 'string', const: 'b' } }, required: ['kind'] },
      { type: 'null' },
    ],
  },
  'fields named like parts of Object': { type: 'object', properties: { constructor: text }, required: ['constructor'] },
}
for (const [name, schema] of Object.entries(fine)) {
  test(`${name} is fine`, () => assert.deepEqual(schemaFaults(schema, '/input'), []))
}

const nullable = (tag: string) => ({
  type: ['object', 'null'],
  properties: { kind: { type: 'string', const: tag } },
  required: ['kind'],
})

const faulty: readonly [unknown, { path: string; message: RegExp; suggestion?: RegExp }][] = [
  ['string', { path: '', message: /must be a schema/ }],
  [[text], { path: '', message: /must be a schema/ }],
  [
    { type: 'string', maxLenght: 3 },
    { path: '/maxLenght', message: /not a keyword/, suggestion: /"maxLength"/ },
  ],
  [{ anyOf: [text] }, { path: '/anyOf', message: /not a keyword/, suggestion: /oneOf/ }],
  [{ $ref: '#' }, { path: '/$ref', message: /not a keyword/, suggestion: /Write the schema out/ }],
  [{ constructor: 1 }, { path: '/constructor', message: /not a keyword/ }],
  [{ type: 'text' }, { path: '/type', message: /one of object, array/ }],
  [{ type: ['string', 'number'] }, { path: '/type', message: /"null" in a list/ }],
  [{ maxLength: 3 }, { path: '', message: /needs a type beside maxLength/, suggestion: /type: string/ }],
  [{ enum: [1] }, { path: '', message: /needs a type/, suggestion: /type: number/ }],
  [
    { type: 'string', minimum: 3 },
    { path: '/minimum', message: /no meaning for a string/ },
  ],
  [
    { type: 'string', format: 'int64' },
    { path: '/format', message: /no meaning for a string/ },
  ],
  [
    { type: 'integer', format: 'date' },
    { path: '/format', message: /no meaning for a whole number/ },
  ],
  [
    { type: 'boolean', format: 'date' },
    { path: '/format', message: /no meaning for true or false/ },
  ],
  [
    { type: 'string', format: 'ipv4' },
    { path: '/format', message: /one of int64/ },
  ],
  [
    { type: 'string', maxLength: -1 },
    { path: '/maxLength', message: /whole number from 0/ },
  ],
  [
    { type: 'string', maxLength: '3' },
    { path: '/maxLength', message: /whole number from 0/ },
  ],
  [
    { type: 'string', minLength: 3, maxLength: 2 },
    { path: '/minLength', message: /below maxLength 2/ },
  ],
  [
    { type: 'number', exclusiveMinimum: 1, maximum: 1 },
    { path: '/exclusiveMinimum', message: /below maximum 1/ },
  ],
  [
    { type: 'number', multipleOf: 0 },
    { path: '/multipleOf', message: /above 0/ },
  ],
  [
    { type: 'number', minimum: Number.NaN },
    { path: '/minimum', message: /must be a number/ },
  ],
  [
    { type: 'string', enum: [] },
    { path: '/enum', message: /list of at most/ },
  ],
  [
    { type: 'string', enum: ['a', 'a'] },
    { path: '/enum', message: /list of at most/ },
  ],
  [
    { type: 'string', enum: [{}] },
    { path: '/enum', message: /list of at most/ },
  ],
  [
    { type: 'string', enum: ['a', 1] },
    { path: '/enum', message: /1 is not of the type/ },
  ],
  [
    { type: 'string', const: 1 },
    { path: '/const', message: /1 is not of the type/ },
  ],
  [
    { type: 'string', const: 'a', enum: ['a'] },
    { path: '/enum', message: /beside const/ },
  ],
  [
    { type: 'string', pattern: '^(a+)+$' },
    { path: '/pattern', message: /many ways/ },
  ],
  [
    { type: 'object', properties: [text] },
    { path: '/properties', message: /gives each field its schema/ },
  ],
  [
    { type: 'object', properties: { a: 1 } },
    { path: '/properties/a', message: /must be a schema/ },
  ],
  [
    { type: 'object', properties: { 'a/b': 1 } },
    { path: '/properties/a~1b', message: /must be a schema/ },
  ],
  [
    { type: 'object', properties: { text }, required: ['txet'] },
    { path: '/required/0', message: /names no property/, suggestion: /"text"/ },
  ],
  [
    { type: 'object', properties: JSON.parse('{"__proto__":{}}') },
    { path: '/properties/__proto__', message: /JavaScript/ },
  ],
  [
    { type: 'object', additionalProperties: 'no' },
    { path: '/additionalProperties', message: /must be a schema/ },
  ],
  [
    { type: 'array', items: true },
    { path: '/items', message: /must be a schema/ },
  ],
  [
    { type: 'array', items: text, prefixItems: [text] },
    { path: '/items', message: /beside prefixItems/ },
  ],
  [{ oneOf: [text] }, { path: '/oneOf', message: /2 to 100 schemas/ }],
  [
    { oneOf: [text, { type: 'number' }], minLength: 3 },
    { path: '/minLength', message: /beside oneOf/ },
  ],
  [
    { type: 'string', oneOf: [text, { type: 'number' }] },
    { path: '/type', message: /beside oneOf/ },
  ],
  [{ oneOf: [text, { type: 'number' }, { type: 'integer' }] }, { path: '/oneOf/2', message: /told apart from form 1/ }],
  [
    { oneOf: [{ type: ['string', 'null'] }, { type: 'null' }] },
    { path: '/oneOf/1', message: /told apart from form 0/ },
  ],
  [{ oneOf: [nullable('a'), nullable('b')] }, { path: '/oneOf/1', message: /told apart from form 0/ }],
]
for (const [schema, { path, message, suggestion }] of faulty) {
  test(`${JSON.stringify(schema)} is refused at ${path || 'its root'}`, () => {
    const faults = schemaFaults(schema, '/input')
    assert.equal(faults.length, 1, JSON.stringify(faults))
    assert.equal(faults[0]?.path, `/input${path}`)
    assert.match(faults[0]?.message ?? '', message)
    if (suggestion) assert.match(faults[0]?.suggestion ?? '', suggestion)
  })
}

test('every fault is named, not only the first', () => {
  const schema = { type: 'object', properties: { a: { type: 'txt' }, b: { tpye: 'string' } }, requird: [] }
  assert.deepEqual(
    schemaFaults(schema, '').map(({ path }) => path),
    ['/properties/a/type', '/properties/b/tpye', '/requird'],
  )
})

test('depth and size are bounded', () => {
  let deep: unknown = text
  for (let i = 0; i < 10_000; i++) deep = { type: 'array', items: deep }
  assert.match(schemaFaults(deep, '')[0]?.message ?? '', /more than 32 deep/)
  const properties = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p${i}`, text]))
  const faults = schemaFaults({ type: 'object', properties }, '')
  assert.equal(faults.length, 1)
  assert.match(faults[0]?.message ?? '', /more than 2000 schemas/)
})

test('any JSON value is judged, and what is found faultless compiles', () => {
  const names = [...Object.keys(keywordTable), 'x', '__proto__', 'constructor']
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('string', 'object', 'a', '^a$', 0, 1, 2, -1, 0.5, true, false, null, 'date'),
      fc.constantFrom({ type: 'string' }, { type: 'number' }, { type: 'array' }, { type: 'object' }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  let faultless = 0
  fc.assert(
    fc.property(tree, tree, (schema, value) => {
      if (schemaFaults(schema, '').length > 0) return
      compileSchema(schema as Schema)(value, '')
      faultless++
    }),
    { numRuns: 2000 },
  )
  assert.ok(faultless > 50, `only ${faultless} were faultless`)
})
