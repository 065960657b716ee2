import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, validate } from 'graphql'
import type { Catalog } from '../../../kernel/catalog.ts'
import { createDocuments } from './documents.ts'
import { createSchemas } from './schemas.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'

const chunked = { ...text, chunk: text.output }

function counted() {
  const count = { parsed: 0, validated: 0 }
  const prepare = createDocuments(createSchemas([]), {
    parse: (...args) => {
      count.parsed++
      return parse(...args)
    },
    validate: (...args) => {
      count.validated++
      return validate(...args)
    },
  })
  return { count, prepare }
}

function thousand(): ReturnType<typeof fakeCatalog> {
  return fakeCatalog(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`model-${n}x`, { 1: chunked }])))
}

function messagesOf(prepared: ReturnType<ReturnType<typeof createDocuments>>): readonly string[] {
  return 'errors' in prepared ? prepared.errors.map(({ message }) => message) : []
}

const query = 'query ($i: Model7xV1Input!) { models { model7x { v1(input: $i) { id } } } }'

test('a document is parsed and validated once for each revision of the catalog', () => {
  const { count, prepare } = counted()
  const first = thousand()
  const prepared = prepare(query, first)
  assert.equal(prepare(query, first), prepared)
  assert.deepEqual(count, { parsed: 1, validated: 1 })
  assert.notEqual(prepare(query, fakeCatalog({ 'model-7x': { 1: text } }, 2)), prepared)
  assert.deepEqual(count, { parsed: 2, validated: 2 })
})

test('what was refused is not remembered', () => {
  const { count, prepare } = counted()
  const catalog = thousand()
  for (let n = 0; n < 2; n++) assert.ok('errors' in prepare('{ nope }', catalog))
  assert.equal(count.validated, 2)
})

test('a document that names one model of a thousand builds no other', () => {
  const table: readonly [query: string, built: readonly string[]][] = [
    [query, ['model-7x']],
    [
      '{ ...F } fragment F on Query { models { ... on Models { model8x { ...G } } } } fragment G on Model8xModel { __typename }',
      ['model-8x'],
    ],
    ['subscription { model9xV1(input: {text: "a"}) { id } }', ['model-9x']],
    ['{ models { __typename } }', ['model-0x']],
    ['{ __typename }', []],
  ]
  for (const [query, built] of table) {
    const catalog = thousand()
    const prepared = counted().prepare(query, catalog)
    assert.deepEqual(messagesOf(prepared), [], query)
    assert.deepEqual(catalog.built, built, query)
  }
})

test('a mistyped name brings in what was meant, so that the error can say it', () => {
  const catalog = fakeCatalog({ spam: { 1: text }, digits: { 1: text }, echo: { 1: chunked } })
  const { prepare } = counted()
  assert.deepEqual(messagesOf(prepare('{ models { digts { v1 { id } } } }', catalog)), [
    'Cannot query field "digts" on type "Models". Did you mean "digits"?',
  ])
  assert.deepEqual(catalog.built, ['digits'])
  assert.deepEqual(messagesOf(prepare('subscription { ecoV1(input: {text: "a"}) { id } }', catalog)), [
    'Cannot query field "ecoV1" on type "Subscription". Did you mean "echoV1"?',
  ])
  assert.deepEqual(messagesOf(prepare('subscription { spamV1(input: {text: "a"}) { id } }', catalog)), [
    'Cannot query field "spamV1" on type "Subscription".',
  ])
})

test('introspection sees every model; the full schema is built once', () => {
  const catalog = thousand()
  const { prepare } = counted()
  for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Model3xModel") { name } }']) {
    assert.deepEqual(messagesOf(prepare(query, catalog)), [])
  }
  assert.equal(catalog.built.length, 1000)
})

test('an empty catalog still answers', () => {
  const empty: Catalog = fakeCatalog({})
  assert.deepEqual(messagesOf(counted().prepare('{ __typename }', empty)), [])
  assert.deepEqual(messagesOf(counted().prepare('{ models { spam { v1 { id } } } }', empty)), [
    'Cannot query field "models" on type "Query".',
  ])
})
