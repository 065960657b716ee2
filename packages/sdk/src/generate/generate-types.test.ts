import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { runTsc } from '../../test/run-tsc.ts'
import { generateTypes } from './generate-types.ts'
import type { Schema } from './schema.ts'
import { typeName } from './type-name.ts'

const sdk = join(import.meta.dirname, '../index.ts')

function contractFile(schemas: Readonly<Record<string, Schema>>): object {
  const contract = (input: Schema) => ({ revision: 1, task: 'custom', streams: false, input, output: {}, examples: [] })
  const models = Object.entries(schemas).map(([name, schema]) => [
    name,
    { owner: 'team', default: 'v1', contracts: { v1: contract(schema) } },
  ])
  return { astra: 'contracts/1', revision: 1, models: Object.fromEntries(models) }
}

function compile(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'astra-types-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const types = join(import.meta.dirname, '../../../../node_modules/@types')
  const { output } = runTsc(
    [
      ...['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck'],
      ...['--target', 'esnext', '--module', 'nodenext', '--allowImportingTsExtensions'],
      ...['--types', 'node', '--typeRoots', types, ...Object.keys(files)],
    ],
    folder,
  )
  return output
}

// Not "constructor": to TypeScript every object has one, so that an optional field of that name cannot be left out.
const names = fc.oneof(fc.constantFrom("it's", 'a-b', '__proto__', '*/', '1', ''), fc.string({ unit: 'binary' }))
const words = fc.oneof(
  fc.constantFrom('ends */ here', '@deprecated', 'two\nlines', "'", '\\', '\u0024{x}', '\u2028'),
  fc.string(),
)
const scalars = fc.oneof(words, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean())

/** A schema with a value that fits it. */
type Case = readonly [schema: Schema, value: unknown]

const { anyCase } = fc.letrec<{ anyCase: Case }>((tie) => {
  const plain: fc.Arbitrary<Case>[] = [
    words.map((value): Case => [{ type: 'string', default: value, pattern: value }, value]),
    fc.integer().map((value): Case => [{ type: ['integer', 'null'] }, value]),
    fc.integer().map((value): Case => [{ type: ['number', 'null'], minimum: value }, null]),
    fc.boolean().map((value): Case => [{ type: 'boolean' }, value]),
    scalars.map((value): Case => [{ const: value }, value]),
    fc.array(scalars, { minLength: 1, maxLength: 4 }).map((values): Case => [{ enum: values }, values.at(-1)]),
    fc.json().map((text): Case => [{}, JSON.parse(text)]),
    fc.constant<Case>([{ type: 'object', properties: {} }, {}]),
    fc.constant<Case>([{ type: 'object' }, { any: [1] }]),
  ]
  const list = fc.tuple(tie('anyCase'), fc.nat(2)).map(([[items, value], length]): Case => {
    return [{ type: 'array', items }, Array(length).fill(value)]
  })
  const map = fc.tuple(tie('anyCase'), fc.string()).map(([[additionalProperties, value], key]): Case => {
    return [{ type: 'object', additionalProperties }, { [`k${key}`]: value }]
  })
  const tuple = fc
    .tuple(fc.array(tie('anyCase'), { minLength: 1, maxLength: 3 }), fc.nat(3))
    .map(([cases, some]): Case => {
      const minItems = Math.min(some, cases.length)
      const values = cases.slice(0, minItems).map(([, value]) => value)
      return [{ type: 'array', prefixItems: cases.map(([schema]) => schema), minItems }, values]
    })
  const oneOf = fc.array(tie('anyCase'), { minLength: 1, maxLength: 3 }).map((cases): Case => {
    return [{ oneOf: cases.map(([schema]) => schema) }, cases[0]?.[1]]
  })
  const field = fc.tuple(tie('anyCase'), fc.boolean(), words)
  const object = fc.tuple(fc.dictionary(names, field, { maxKeys: 4 }), fc.boolean()).map(([fields, open]): Case => {
    const all = Object.entries(fields)
    const properties = Object.fromEntries(
      all.map(([name, [[schema], , description]]) => [name, { ...schema, description }]),
    )
    const given = all.filter(([, [, required]]) => required)
    return [
      { type: 'object', properties, required: given.map(([name]) => name), additionalProperties: open },
      Object.fromEntries(given.map(([name, [[, value]]]) => [name, value])),
    ]
  })
  return { anyCase: fc.oneof({ depthSize: 'small', maxDepth: 4 }, ...plain, list, map, tuple, oneOf, object) }
})

test('property: whatever a schema says, its type compiles and takes a value that fits', (t) => {
  const cases = fc.sample(anyCase, { numRuns: 300, seed: 7 })
  const schemas = Object.fromEntries(cases.map(([schema], i) => [`m${i}`, schema]))
  const text = generateTypes(contractFile(schemas), { importFrom: sdk })
  const uses = cases.map(([, value], i) => `const v${i}: m.${typeName(`m${i}`, 'v1', 'Input')} = ${valueText(value)}`)
  const users = `import type * as m from './models.ts'\n${uses.join('\n')}\n`
  assert.equal(compile(t, { 'models.ts': text, 'users.ts': users }), '')
})

/** JSON as a program writes it: a computed key, as a literal "__proto__" would set the prototype. */
function valueText(value: unknown): string {
  return JSON.stringify(value).replaceAll('"__proto__":', '["__proto__"]:')
}

test('the types of a chat contract are the canonical chat form, both ways', async (t) => {
  const { taskTable } = await import('../../../gateway/src/kernel/tasks.ts')
  const chat = join(import.meta.dirname, '../../../gateway/src/kernel/chat.ts')
  const { input, chunk } = taskTable.chat
  const contract = {
    revision: 1,
    task: 'chat',
    streams: true,
    input,
    output: taskTable.chat.output({}),
    chunk,
    examples: [],
  }
  const models = { chat: { owner: 'team', default: 'v1', contracts: { v1: contract } } }
  const text = generateTypes({ astra: 'contracts/1', revision: 1, models }, { importFrom: sdk })
  const users = `import type { ChatAnswer, ChatChunk, ChatRequest } from ${JSON.stringify(chat)}
import type { ChatV1Chunk, ChatV1Input, ChatV1Output } from './models.ts'
export const there = (a: ChatV1Input, b: ChatV1Output, c: ChatV1Chunk): [ChatRequest, ChatAnswer, ChatChunk] => [a, b, c]
type Own<T> = T extends readonly (infer Item)[] ? Own<Item>[] : T extends object ? { -readonly [Key in keyof T]: Own<T[Key]> } : T
export const back = (b: Own<ChatAnswer>, c: Own<ChatChunk>): [ChatV1Output, ChatV1Chunk] => [b, c]
export const request = (a: Omit<ChatRequest, 'tools' | 'responseFormat'>): ChatV1Input => a
`
  assert.equal(compile(t, { 'models.ts': text, 'users.ts': users }), '')
})

test('the same contracts give the same text, in whatever order they come', () => {
  const names = ['b', 'a', 'a-b']
  const schemas = Object.fromEntries(names.map((name) => [name, { type: 'object', properties: {} } as const]))
  const reversed = Object.fromEntries(Object.entries(schemas).reverse())
  assert.equal(generateTypes(contractFile(schemas)), generateTypes(contractFile(reversed)))
})

test('property: no two contracts share the name of a type', () => {
  const model = fc.stringMatching(/^[ab][ab1v-]{0,6}$/)
  const major = fc.constantFrom('v1', 'v11')
  fc.assert(
    fc.property(model, major, model, major, (a, majorA, b, majorB) => {
      const same = a === b && majorA === majorB
      assert.equal(typeName(a, majorA, 'Input') === typeName(b, majorB, 'Input'), same)
      assert.match(typeName(a, majorA, 'Input'), /^[A-Z]\w+Input$/)
    }),
    { numRuns: 2000 },
  )
})

test('a chunk is typed only where the contract streams', () => {
  const contract = { revision: 1, task: 'custom', input: {}, output: {}, examples: [] }
  const chunk = { type: 'string' }
  const contracts = { v1: { ...contract, streams: false, chunk }, v2: { ...contract, streams: true } }
  const text = generateTypes({ astra: 'contracts/1', models: { a: { owner: 'o', default: 'v1', contracts } } })
  assert.doesNotMatch(text, /AV1Chunk/)
  assert.match(text, /chunk: AV2Chunk/)
  assert.match(text, /type AV2Chunk = unknown/)
})
