import Type from 'typebox'
import { setNameCharactersMax, setsMax } from '../../kernel/case-set.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, type OperationContext, operation } from '../../kernel/operation.ts'
import type { OperationPorts, PlannedGate } from './ports.ts'
import { choice, closed, count, isoTime, listOf, revision, text, time } from './schemas.ts'

const manifest = closed({
  yaml: text('The manifest'),
  file: Type.Optional(text('Its name, for messages', 1024)),
})

const planned = closed({
  ...manifest.properties,
  sets: Type.Optional(
    listOf(
      closed({
        name: Type.String({ maxLength: setNameCharactersMax }),
        digest: text('As the set would have it', 100),
        cases: count,
        expected: Type.Integer({ minimum: 0, description: 'Of them those with a truth' }),
      }),
      { maxItems: setsMax, description: 'Plans as though these sets had been put, in place of those that are kept' },
    ),
  ),
})

const change = closed({
  action: choice(['add', 'change', 'remove']),
  what: text('E.g. "version spam@v1 1.1"'),
  before: Type.Optional(Type.String()),
  after: Type.Optional(Type.String()),
  breaking: Type.Boolean({ description: 'Whether calls that work now would be refused' }),
})

const fault = closed({
  code: Type.String(),
  path: Type.String(),
  message: Type.String(),
  suggestion: Type.Optional(Type.String()),
  line: Type.Optional(Type.Integer({ minimum: 1 })),
})

const gate = closed({
  contract: text('E.g. "spam@v1"'),
  version: Type.String(),
  data: text('Name of the set of cases'),
  cases: Type.Integer({ minimum: 0, description: 'How many of them the version is asked' }),
  require: text('E.g. "accuracy at least 95 %"'),
  passed: Type.Optional(closed({ at: time, words: text('The figures') })),
  missed: Type.Optional(Type.Integer({ minimum: 1, description: 'How often it did not pass before' })),
})

const plan = closed({
  revision: Type.Integer({
    description: 'What it was computed against: the If-Match of the apply that does just this',
  }),
  valid: Type.Boolean(),
  faults: listOf(fault),
  changes: listOf(change),
  notes: listOf(text('What is no fault and yet likely not meant')),
  gates: listOf(gate, {
    description: 'What versions that are not deployed yet have to pass first; applying runs those that are not passed',
  }),
  openapiDiff: text('Unified diff of GET /openapi.json'),
  sdlDiff: text('Unified diff of the GraphQL schema'),
})

export function manifestOperations({ catalogControl }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getManifest',
      summary: 'The manifest that makes the present state again',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/manifest',
      input: closed({}),
      output: closed({ yaml: Type.String(), revision }),
      run: async (_, { etag }) => {
        const { revision } = catalogControl.current()
        etag(String(revision))
        return { yaml: catalogControl.export(), revision }
      },
    }),
    operation({
      name: 'planManifest',
      summary: 'What applying a manifest would change, and every fault in it; changes nothing',
      kind: 'query',
      permission: 'operate',
      method: 'POST',
      path: '/manifest/plan',
      input: planned,
      output: plan,
      run: async ({ yaml, file, sets }) => {
        const { gates, ...planned } = await catalogControl.plan(yaml, file, sets)
        return { ...planned, gates: gates.map(gateOut) }
      },
    }),
    operation({
      name: 'applyManifest',
      summary: 'Makes the deployed state what a manifest says, whole or not at all',
      kind: 'mutation',
      permission: 'operate',
      method: 'PUT',
      path: '/manifest',
      guarded: true,
      input: manifest,
      output: closed({ revision, changes: listOf(change), gates: listOf(gate) }),
      audit: (_, output) => output ?? { revision: catalogControl.current().revision },
      run: async ({ yaml, file }, context) => {
        const { caller, signal } = context
        const applied = await catalogControl.apply(yaml, file, precondition(context), caller.keyId, signal)
        const { revision, changes, gates } = applied
        context.etag(String(revision))
        return { revision, changes, gates: gates.map(gateOut) }
      },
    }),
  ]
}

function gateOut({ passed, ...gate }: PlannedGate) {
  return { ...gate, ...(passed ? { passed: { at: isoTime(passed.at), words: passed.words } } : {}) }
}

/** The If-Match of a guarded write. */
export function precondition({ ifMatch }: OperationContext): readonly string[] {
  if (ifMatch === undefined) throw new AstraError('precondition_required')
  return ifMatch
}
