import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { AstraError } from '../../../kernel/errors.ts'
import { operation } from '../../../kernel/operation.ts'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { operationFieldName } from './operation-fields.ts'
import { sdlOf } from './sdl.ts'
import { fakeCatalog } from './testing/fake-catalog.ts'
import { caller, clientOf, fakeDoor } from './testing/fake-door.ts'

const closed = { additionalProperties: false }
const listCalls = operation({
  name: 'listCalls',
  summary: 'Finds calls',
  kind: 'query',
  permission: 'read',
  method: 'GET',
  path: '/calls',
  input: Type.Object(
    {
      model: Type.Optional(Type.String({ description: 'Its name' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
    },
    closed,
  ),
  output: Type.Object(
    {
      calls: Type.Array(Type.Object({ id: Type.String(), 'time-ms': Type.Number() }, closed)),
      next: Type.Optional(Type.String()),
    },
    closed,
  ),
  run: async ({ model }) => {
    if (model === 'bad') throw new AstraError('unknown_model', { reason: 'secret' })
    if (model === 'odd') throw new Error('secret')
    return { calls: [{ id: 'c1', 'time-ms': 5 }] }
  },
})
const setTraffic = operation({
  name: 'setTraffic',
  summary: 'Moves traffic',
  kind: 'mutation',
  permission: 'operate',
  method: 'PUT',
  path: '/models/{model}/traffic',
  guarded: true,
  input: Type.Object({ model: Type.String(), weights: Type.Record(Type.String(), Type.Number()) }, closed),
  output: Type.Object({ revision: Type.Integer() }, closed),
  run: async (_, { ifMatch, etag }) => {
    if (ifMatch === undefined) throw new AstraError('precondition_required')
    etag('9')
    return { revision: 9 }
  },
})
const operations = [listCalls, setTraffic]
const catalog = fakeCatalog({})

test('an operation is a field, its name without get or list', () => {
  const names = ['listCalls', 'getUsage', 'giveFeedback', 'getter', 'listing', 'revokeKey'].map(operationFieldName)
  assert.deepEqual(names, ['calls', 'usage', 'giveFeedback', 'getter', 'listing', 'revokeKey'])
  assert.equal(
    sdlOf(catalog, operations)
      .split(/\n\n(?=\S)/)
      .filter((block) => /^type (Query|Mutation|ListCalls)/.test(block))
      .join('\n\n'),
    `type ListCallsOutput {
  calls: [ListCallsOutputCalls!]!
  next: String
}

type ListCallsOutputCalls {
  id: String!
  timeMs: Float!
}

type Mutation {
  """Moves traffic. Permission: "operate"."""
  setTraffic(
    """
    Revision that the write is meant for, or "*"
    """
    ifMatch: String
    model: String!
    weights: JSON!
  ): SetTrafficOutput
}

type Query {
  """Finds calls. Permission: "read"."""
  calls(
    limit: Int = 50

    """Its name"""
    model: String
  ): ListCallsOutput
}`,
  )
})

test('operations run with the caller and plain JSON', async () => {
  const door = fakeDoor({ catalog, operations })
  const { data, errors } = await clientOf(door, graphqlEmit)(
    'query ($m: String) { calls(model: $m, limit: 3) { calls { id timeMs } next } }',
    {
      m: null,
    },
  )
  assert.equal(errors, undefined)
  assert.deepEqual(data, { calls: { calls: [{ id: 'c1', timeMs: 5 }], next: null } })
  assert.deepEqual(door.operated[0]?.input, { limit: 3 })
  assert.equal(door.operated[0]?.context.caller, caller)
  assert.ok(door.operated[0]?.context.signal instanceof AbortSignal)
})

test('a guarded write takes ifMatch, and is refused without', async () => {
  const door = fakeDoor({ catalog, operations })
  const ask = clientOf(door, graphqlEmit)
  const { data, errors } = await ask(`mutation {
    a: setTraffic(model: "spam", weights: {x: 1}) { revision }
    b: setTraffic(model: "spam", weights: {x: 1}, ifMatch: "8") { revision } }`)
  assert.deepEqual(data, { a: null, b: { revision: 9 } })
  assert.equal(errors?.[0]?.extensions.code, 'precondition_required')
  assert.deepEqual(door.operated[1]?.context.ifMatch, ['8'])
  assert.deepEqual(door.operated[1]?.input, { model: 'spam', weights: { x: 1 } })
})

test('a failed operation spares its siblings and says nothing internal', async () => {
  const ask = clientOf(fakeDoor({ catalog, operations }), graphqlEmit)
  const { data, errors } = await ask(
    '{ a: calls(model: "bad") { next } b: calls(model: "odd") { next } c: calls { calls { id } } }',
  )
  assert.deepEqual(data, { a: null, b: null, c: { calls: [{ id: 'c1' }] } })
  assert.deepEqual(
    errors?.map(({ extensions }) => extensions.code),
    ['unknown_model', 'internal'],
  )
  assert.doesNotMatch(JSON.stringify(errors), /secret/)
})
