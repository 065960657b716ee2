import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { execute, Kind } from 'graphql'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { createDocuments } from './documents.ts'
import { createSchemas } from './schemas.ts'
import type { GraphqlRequest } from './serve-call.ts'
import { anySchema, fitting, selectionOf } from './testing/arbitrary-contract.ts'
import { closed, fakeCatalog, text } from './testing/fake-catalog.ts'
import { answerOf, caller, type FakeDoor, fakeDoor } from './testing/fake-door.ts'

/** Runs a query by its plan and by graphql-js; both must be the same text. */
async function bothWays(door: () => FakeDoor, query: string, variables: Record<string, unknown> = {}) {
  const prepared = createDocuments(createSchemas([]))(query, door().catalog())
  if ('errors' in prepared) throw prepared.errors[0]
  const { document, schema, operations } = prepared
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  const run = [...operations].find(([node]) => node === operation)?.[1].run
  assert.ok(run, 'the query has a plan')
  const planned = await run(variables, requestTo(door()))
  const executed = await execute({ schema, document, variableValues: variables, contextValue: requestTo(door()) })
  assert.equal(JSON.stringify(planned), JSON.stringify(executed))
  return JSON.parse(JSON.stringify(planned)) as { data?: unknown; errors?: { path?: unknown; message: string }[] }
}

function requestTo(door: FakeDoor): GraphqlRequest {
  const { signal } = new AbortController()
  return {
    door,
    caller,
    address: '127.0.0.1',
    headers: {},
    signal,
    receivedAt: 0,
    startedAt: 0,
    callIds: [],
    met: [],
    inputBytesMax: 0,
    report: () => {},
  }
}

function doorTo(output: Schema, value: unknown): () => FakeDoor {
  const catalog = fakeCatalog({ spam: { 1: { ...text, output } } })
  return () => fakeDoor({ catalog, serve: (call) => answerOf(call, [value]) })
}

test('property: a plan answers as graphql-js does, whether or not the output fits', async () => {
  const outputs = anySchema.chain((schema) => {
    const misfit = fc.oneof(fc.jsonValue(), fc.constant(undefined))
    return fc.tuple(
      fc.constant(schema),
      fc.oneof({ weight: 3, arbitrary: fitting(schema) }, misfit, brokenSomewhere(schema)),
    )
  })
  await fc.assert(
    fc.asyncProperty(outputs, async ([schema, value]) => {
      await bothWays(
        doorTo(schema, value),
        `{ __typename m: models { __typename spam { a: v1(input: {text: "x"}) { __typename id output ${selectionOf(schema)} } } } }`,
      )
    }),
    { numRuns: 300 },
  )
})

/** A fitting value in which one leaf became something else. */
function brokenSomewhere(schema: Schema): fc.Arbitrary<unknown> {
  return fc
    .tuple(fitting(schema), fc.nat(8), fc.constantFrom(null, 'x', 2 ** 40, true, 0.5))
    .map(([value, skip, broken]) => {
      let left = skip
      return JSON.parse(JSON.stringify(value ?? null), (_, leaf) =>
        (typeof leaf !== 'object' || leaf === null) && left-- === 0 ? broken : leaf,
      )
    })
}

test('fragments and merged fields', async () => {
  const output = closed({
    a: closed({ b: { type: 'string' }, c: { type: 'string' } }),
    list: { type: 'array', items: closed({ d: { type: 'number' } }) },
  })
  const { data } = await bothWays(
    doorTo(output, { a: { b: 'b', c: 'c' }, list: [{ d: 1 }] }),
    `query ($t: String = "x") { ...Q models { spam { v1(input: {text: $t}) { output { a { c } list { e: d } } } } } }
     fragment Q on Query { models { ... on Models { spam { ...S other: v1(input: {text: $t}) { version } } } } }
     fragment S on SpamModel { v1(input: {text: $t}) { output { a { b ...A } } ... { id } } }
     fragment A on SpamV1OutputA { b }`,
  )
  assert.deepEqual(data, {
    models: {
      spam: {
        v1: { output: { a: { b: 'b', c: 'c' }, list: [{ e: 1 }] }, id: 'call-1' },
        other: { version: '1.1' },
      },
    },
  })
})

test('variables that do not fit, and arguments that turn out null', async () => {
  const door = doorTo(text.output, { label: 'ham', score: 1 })
  const query = 'query ($i: SpamV1Input!) { models { spam { v1(input: $i) { id } } } }'
  assert.equal((await bothWays(door, query, {})).data, undefined)
  assert.equal((await bothWays(door, query, { i: { text: 1 } })).data, undefined)
  assert.equal((await bothWays(door, query, { i: { text: 'x', more: 1 } })).data, undefined)
  const optional = 'query ($i: SpamV1Input = {text: "x"}) { models { spam { v1(input: $i) { id } } } }'
  assert.deepEqual((await bothWays(door, optional, {})).errors, undefined)
  assert.equal((await bothWays(door, optional, { i: null })).errors?.length, 1)
})

test('an error stops at the nearest place that may be null', async () => {
  const output = closed(
    { keep: { type: 'string' }, maybe: closed({ n: { type: 'integer', minimum: 0, maximum: 9 } }) },
    ['keep'],
  )
  const { data, errors } = await bothWays(
    doorTo(output, { keep: 'k', maybe: { n: 'no number' } }),
    '{ models { spam { v1(input: {text: "x"}) { output { keep maybe { n } } } } } }',
  )
  assert.deepEqual(data, { models: { spam: { v1: { output: { keep: 'k', maybe: null } } } } })
  assert.deepEqual(errors?.[0]?.path, ['models', 'spam', 'v1', 'output', 'maybe', 'n'])
})

test('a list of numbers goes through as it is', async () => {
  const vector = Array.from({ length: 512 }, (_, n) => n / 512)
  const output = closed({ embedding: { type: 'array', items: { type: 'number' } } })
  const prepared = createDocuments(createSchemas([]))(
    '{ models { spam { v1(input: {text: "x"}) { output { embedding } } } } }',
    doorTo(output, {})().catalog(),
  )
  if ('errors' in prepared) throw prepared.errors[0]
  const [operation] = prepared.operations.values()
  const result = await operation?.run?.({}, requestTo(doorTo(output, { embedding: vector })()))
  const { models } = (result?.data ?? {}) as { models: { spam: { v1: { output: { embedding: unknown } } } } }
  assert.equal(models.spam.v1.output.embedding, vector)
})

test('what a plan cannot do is left to graphql-js', () => {
  const prepare = createDocuments(createSchemas([]))
  const catalog = fakeCatalog({ spam: { 1: text } })
  const planned = (query: string) => {
    const prepared = prepare(query, catalog)
    if ('errors' in prepared) throw prepared.errors[0]
    return [...prepared.operations.values()].some(({ run }) => run !== undefined)
  }
  const call = 'models { spam { v1(input: {text: "x"}) { id } } }'
  assert.equal(planned(`{ ${call} }`), true)
  assert.equal(planned(`query ($yes: Boolean!) { ${call} ... @include(if: $yes) { __typename } }`), false)
  assert.equal(planned(`query ($yes: Boolean!) { models @skip(if: $yes) { spam { __typename } } }`), false)
  assert.equal(planned(`{ models { __proto__: spam { __typename } } }`), false)
  assert.equal(planned(`{ ${call} __schema { description } }`), false)
})
