import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildSchema, GraphQLSchema, printSchema, validateSchema } from 'graphql'
import type { Model } from '../../../kernel/catalog.ts'
import { chatAnswerSchema, chatChunkSchema, chatRequestSchema } from '../../../kernel/chat-schema.ts'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { contractTypes } from './contract-types.ts'
import { graphqlSchema } from './graphql-schema.ts'
import { modelsOf } from './schemas.ts'
import { anySchema, fitting, inGraphql, selectionOf } from './testing/arbitrary-contract.ts'
import { closed, type FakeContract, fakeCatalog, text } from './testing/fake-catalog.ts'
import { answerOf, clientOf, fakeDoor } from './testing/fake-door.ts'

function schemaOf(contract: FakeContract): GraphQLSchema {
  const catalog = fakeCatalog({ spam: { 1: contract } })
  return graphqlSchema(modelsOf(catalog, ['spam']), { query: {}, mutation: {} })
}

/** The types of the SDL whose names begin so. */
function typesOf(contract: FakeContract, prefix: RegExp): string {
  const blocks = printSchema(schemaOf(contract)).split(/\n\n(?=\S)/)
  return blocks.filter((block) => prefix.test(block.replace(/^"""[\s\S]*?"""\n/, ''))).join('\n\n')
}

test('property: whatever the contract, the GraphQL schema is valid', () => {
  fc.assert(
    fc.property(anySchema, anySchema, anySchema, (input, output, chunk) => {
      const schema = schemaOf({ input, output, chunk })
      const errors = validateSchema(new GraphQLSchema({ ...schema.toConfig(), assumeValid: false }))
      assert.deepEqual(errors, [])
      buildSchema(printSchema(schema))
    }),
    { numRuns: 150 },
  )
})

test('property: input arrives, and output leaves, as the same JSON as at any other door', async () => {
  const contracts = anySchema.chain((schema) => fc.tuple(fc.constant(schema), fitting(schema)))
  await fc.assert(
    fc.asyncProperty(contracts, async ([schema, value]) => {
      const door = fakeDoor({
        catalog: fakeCatalog({ echo: { 1: { input: schema, output: schema } } }),
        serve: (call) => answerOf(call, call.inputs),
      })
      const ask = clientOf(door, graphqlEmit)
      const input = inputTypeOf(door.catalog().model('echo'))
      const sent = inGraphql(schema, value, 'left out')
      const { data, errors } = await ask(
        `query ($input: ${input}) { models { echo { v1(input: $input) { output ${selectionOf(schema)} } } } }`,
        { input: sent },
      )
      assert.equal(errors, undefined)
      assert.deepEqual(door.calls[0]?.inputs, [value])
      assert.deepEqual(data, { models: { echo: { v1: { output: inGraphql(schema, value, 'null') } } } })
    }),
    { numRuns: 150 },
  )
})

function inputTypeOf(model: Model | undefined): string {
  const contract = model?.contracts.get(1)
  return contract ? contractTypes(contract).input.type.toString() : ''
}

test('types are named by path; names that GraphQL cannot have are changed', () => {
  const output: Schema = closed({
    'top-k': { type: 'array', items: closed({ label: { type: 'string', enum: ['ham', 'spam'] } }) },
    topK: closed({ label: { type: 'integer' } }),
  })
  assert.equal(
    typesOf({ ...text, output }, /^(type|enum) SpamV1Output/),
    `type SpamV1Output {
  topK_2: [SpamV1OutputTopK2!]!
  topK: SpamV1OutputTopK!
}

type SpamV1OutputTopK2 {
  label: SpamV1OutputTopK2Label!
}

enum SpamV1OutputTopK2Label {
  ham
  spam
}

type SpamV1OutputTopK {
  label: Int64!
}`,
  )
})

test('defaults and descriptions are carried over; a deprecated field says so', () => {
  const input = closed(
    {
      text: { type: 'string', description: 'What to judge' },
      temperature: { type: 'number', default: 1 },
      mode: { type: 'string', enum: ['fast', 'good'], default: 'good' },
      seed: { type: 'integer', default: 2 ** 40 },
      tags: { type: 'object', additionalProperties: { type: 'string' }, default: { a: 'b' } },
      nested: { ...closed({ 'a-b': { type: 'string' } }), default: { 'a-b': 'x' } },
      broken: { type: 'boolean', default: 'yes' },
      old: { type: 'string', deprecated: true },
    },
    ['text', 'temperature'],
  )
  assert.equal(
    typesOf({ ...text, input }, /^input SpamV1Input \{/),
    `input SpamV1Input {
  """What to judge"""
  text: String!
  temperature: Float! = 1
  mode: SpamV1InputMode = good
  seed: Int64 = 1099511627776
  tags: JSON = { a: "b" }
  nested: SpamV1InputNested
  broken: Boolean
  old: String @deprecated(reason: "Deprecated by its contract.")
}`,
  )
})

test('null for what may be left out but not be null means left out', async () => {
  const input = closed({ text: { type: 'string' }, hint: { type: 'string' }, note: { type: ['string', 'null'] } }, [
    'text',
  ])
  const door = fakeDoor({ catalog: fakeCatalog({ spam: { 1: { ...text, input } } }) })
  await clientOf(door, graphqlEmit)('{ models { spam { v1(input: {text: "a", hint: null, note: null}) { id } } } }')
  assert.deepEqual(door.calls[0]?.inputs, [{ text: 'a', note: null }])
  assert.equal(Object.getPrototypeOf(door.calls[0]?.inputs[0]), Object.prototype)
})

test('the canonical chat form has a GraphQL form', () => {
  const chat = { input: chatRequestSchema, output: chatAnswerSchema, chunk: chatChunkSchema }
  assert.match(typesOf(chat, /^input SpamV1Input \{/), /messages: \[SpamV1InputMessages!\]!/)
  assert.match(
    typesOf(chat, /^input SpamV1InputMessages \{/),
    /role: SpamV1InputMessagesRole!\n +content: \[.*Content!\]!/,
  )
  assert.match(typesOf(chat, /^type SpamV1Chunk \{/), /type: String!\n +choice: Int!\n +text: String\n/)
  assert.match(typesOf(chat, /^type SpamV1OutputChoices \{/), /content: \[SpamV1OutputChoicesContent!\]!/)
})
