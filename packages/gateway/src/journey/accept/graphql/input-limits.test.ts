import assert from 'node:assert/strict'
import { test } from 'node:test'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'
import { clientOf, fakeDoor, type GraphqlBody, serverWith } from './testing/fake-door.ts'

const catalog = fakeCatalog({ spam: { 1: text }, tight: { 1: { ...text, bodyBytesMax: 100 } } })

test("a call longer than its contract's limit is refused and kept; its siblings are served", async () => {
  const door = fakeDoor({ catalog })
  const { data, errors } = await clientOf(door, graphqlEmit)(
    `query ($fits: String!, $long: String!) { models {
      tight { a: v1(input: {text: $fits}) { id } b: v1(input: {text: $long}) { id } } spam { v1(input: {text: $long}) { id } } } }`,
    // With {"text":""} around it, 100 bytes and 101.
    { fits: 'x'.repeat(89), long: `${'x'.repeat(88)}ü` },
  )
  assert.deepEqual(data, { models: { tight: { a: { id: 'call-1' }, b: null }, spam: { v1: { id: 'call-3' } } } })
  assert.equal(errors?.[0]?.extensions.code, 'body_too_large')
  assert.equal(errors?.[0]?.message, "The call's input has 101 bytes; at most 100 are allowed")
  assert.deepEqual(
    door.refused.map(({ call, error }) => [call.id, error.code]),
    [['call-2', 'body_too_large']],
  )
})

test('a batch is measured as a whole, however often a short body repeats its variable', async () => {
  const door = fakeDoor({ catalog })
  const { errors } = await clientOf(door, graphqlEmit)(
    'query ($i: TightV1Input!) { models { tight { v1Batch(inputs: [$i, $i, $i, $i, $i, $i, $i]) { id } } } }',
    { i: { text: 'xxxx' } },
  )
  assert.equal(errors?.[0]?.message, "The call's input has 105 bytes; at most 100 are allowed")
  assert.equal(door.calls.length, 0)
})

test('a long variable that many calls or one list use many times is refused before anything runs', async () => {
  const door = fakeDoor({ catalog })
  const http = serverWith(door, graphqlEmit, 10_000_000)
  const ask = async (fields: string, characters: number) => {
    const query = `query ($i: SpamV1Input!) { models { spam { ${fields} } } }`
    const payload = JSON.stringify({ query, variables: { i: { text: 'x'.repeat(characters) } } })
    const headers = { 'content-type': 'application/json' }
    const { errors } = (await http.inject({ method: 'POST', url: '/graphql', headers, payload })).json() as GraphqlBody
    return { code: errors?.[0]?.extensions.code, message: errors?.[0]?.message }
  }
  const aliases = Array.from({ length: 50 }, (_, n) => `a${n}: v1(input: $i) { id }`).join(' ')
  const list = `v1Batch(inputs: [${'$i '.repeat(50)}]) { id }`
  for (const fields of [aliases, list]) {
    const { code, message } = await ask(fields, 1_400_000)
    assert.equal(code, 'query_too_costly')
    assert.match(
      message ?? '',
      /^The request has \d{8} bytes of inputs \(a body of 140\d{4} for 50 .*; at most 67108864/,
    )
  }
  assert.deepEqual([door.calls.length, door.refused.length], [0, 0])
  assert.equal((await ask(aliases, 900)).code, undefined)
  assert.equal(door.calls.length, 50)
})
