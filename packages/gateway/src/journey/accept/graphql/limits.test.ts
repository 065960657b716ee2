import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getIntrospectionQuery } from 'graphql'
import { AstraError } from '../../../kernel/errors.ts'
import { createDocuments } from './documents.ts'
import { createSchemas } from './schemas.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'

const prepare = createDocuments(createSchemas([]))
const catalog = fakeCatalog({ spam: { 1: text } })

/** What the refusal says; undefined for a document that passes or fails otherwise. */
function costOf(query: string): string | undefined {
  const prepared = prepare(query, catalog)
  if (!('errors' in prepared)) return undefined
  const { originalError, message } = prepared.errors[0] ?? {}
  return originalError instanceof AstraError && originalError.code === 'query_too_costly' ? message : undefined
}

const times = (n: number, text: (n: number) => string) => Array.from({ length: n }, (_, i) => text(i)).join(' ')
const calls = (n: number) => `{ models { spam { ${times(n, (i) => `a${i}: v1(input: {text: "x"}) { id }`)} } } }`
const deep = (n: number) => `{ ${times(n, () => 'a {')} b ${times(n, () => '}')} }`

test('each limit refuses one more than it allows, naming itself and the count', () => {
  const table: readonly [allowed: string, refused: string, message: RegExp][] = [
    [
      `#${'x'.repeat(99_970)}\n{ __typename }`,
      `#${'ü'.repeat(50_000)}\n{ __typename }`,
      /^The request has 100016 bytes; at most 100000 are/,
    ],
    [
      `{ __typename(a: [${times(4_991, () => '1')}]) }`,
      `{ __typename(a: [${times(4_992, () => '1')}]) }`,
      /^The request has 5001 tokens; at most 5000/,
    ],
    [
      `{ __typename(x: ${'['.repeat(62)}${']'.repeat(62)}) }`,
      `{ __typename(x: ${'['.repeat(63)}${']'.repeat(63)}) }`,
      /^The request has 65 levels of brackets; at most 64/,
    ],
    [
      times(100, (n) => `fragment F${n} on Query { a }`),
      times(101, (n) => `fragment F${n} on Query { a }`),
      /^The request has 101 fragments; at most 100/,
    ],
    [
      `{ ${times(2_000, () => '__typename')} }`,
      `{ ${times(2_001, () => '__typename')} }`,
      /^The request has 2001 fields.*; at most 2000/,
    ],
    [deep(14), deep(15), /^The request has 16 levels of fields; at most 15/],
    [
      `{ ${times(100, (n) => `a${n}: __typename`)} }`,
      `{ ${times(101, (n) => `a${n}: __typename`)} }`,
      /^The request has 101 aliases; at most 100/,
    ],
    [
      `{ models { ${times(50, (n) => `m${n} { __typename }`)} } }`,
      `{ models { ${times(51, (n) => `m${n} { __typename }`)} } }`,
      /^The request has 51 models; at most 50/,
    ],
    [calls(50), calls(51), /^The request has 51 calls of models; at most 50/],
    [
      '{ ...F b: __schema { description } } fragment F on Query { a: __type(name: "Query") { name } }',
      '{ ...F b: __schema { description } c: __schema { description } } fragment F on Query { a: __type(name: "Query") { name } }',
      /^The request has 3 selections of __schema or __type; at most 2/,
    ],
  ]
  for (const [allowed, refused, message] of table) {
    assert.match(costOf(refused) ?? '', message)
    assert.equal(costOf(allowed), undefined)
  }
})

test('fragments count each time they are used', () => {
  const used = `{ models { spam { ${times(26, (n) => `...F${n}`)} } } } ${times(26, (n) => `fragment F${n} on SpamModel { ...G${n} }`)} ${times(
    26,
    (n) => `fragment G${n} on SpamModel { x${n}: v1(input: {text: "x"}) { id } y${n}: v1(input: {text: "x"}) { id } }`,
  )}`
  assert.match(costOf(used) ?? '', /^The request has 52 calls of models/)
  const doubling = `{ ...F0 } ${times(60, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F60 on Query { __typename }`
  assert.match(costOf(doubling) ?? '', /^The request has 2\d{3} fields/)
  const nested = `{ ...F0 } ${times(20, (n) => `fragment F${n} on Query { a { ...F${n + 1} } }`)} fragment F20 on Query { b }`
  assert.match(costOf(nested) ?? '', /^The request has 21 levels of fields/)
})

test('cycles and unknown fragments are left to validation', () => {
  for (const query of ['{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }', '{ ...Nowhere }']) {
    const prepared = prepare(query, catalog)
    assert.ok('errors' in prepared)
    assert.match(prepared.errors.map(({ message }) => message).join(), /within itself|Unknown fragment/)
  }
})

test('an operation counts by itself, as one of them is run', () => {
  const both = `query A ${calls(40)} query B ${calls(40)}`
  assert.equal(costOf(both), undefined)
  assert.ok(!('errors' in prepare(both, catalog)))
})

test('the standard introspection query passes', () => {
  assert.ok(
    !('errors' in prepare(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }), catalog)),
  )
})
