import Type from 'typebox'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, type OperationContext, operation } from '../../kernel/operation.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, listOf, revision, text } from './schemas.ts'

const manifest = closed({
  yaml: text('The manifest'),
  file: Type.Optional(text('Its name, for messages', 1024)),
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

const plan = closed({
  revision: Type.Integer({
    description: 'What it was computed against: the If-Match of the apply that does just this',
  }),
  valid: Type.Boolean(),
  faults: listOf(fault),
  changes: listOf(change),
  notes: listOf(text('What is no fault and yet likely not meant')),
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
      input: manifest,
      output: plan,
      run: ({ yaml, file }) => catalogControl.plan(yaml, file),
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
      output: closed({ revision, changes: listOf(change) }),
      audit: (_, output) => output ?? { revision: catalogControl.current().revision },
      run: async ({ yaml, file }, context) => {
        const applied = await catalogControl.apply(yaml, file, precondition(context), context.caller.keyId)
        const { revision, changes } = applied
        context.etag(String(revision))
        return { revision, changes }
      },
    }),
  ]
}

/** The If-Match of a guarded write. */
export function precondition({ ifMatch }: OperationContext): readonly string[] {
  if (ifMatch === undefined) throw new AstraError('precondition_required')
  return ifMatch
}
