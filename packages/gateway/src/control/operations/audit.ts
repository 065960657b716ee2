import Type from 'typebox'
import { type AuditEntry, auditOutcomes } from '../../kernel/audit.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { momentOf } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, isoTime, listOf, text, time } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

const state = (when: string) => Type.Optional(text(`JSON of the target ${when}, without secrets; cut at 64 KiB`))

const entry = closed({
  id: Type.Integer(),
  time,
  keyId: Type.String(),
  consumer: Type.String(),
  address: Type.Optional(text('Where the request came from')),
  operation: Type.String(),
  target: text('The path of what was to change, e.g. "/keys/key_…"'),
  outcome: choice(auditOutcomes),
  code: Type.Optional(text('Why it was not done')),
  before: state('before'),
  after: state('after'),
})

const filter = (description: string) => Type.Optional(text(description, 300))

export function auditOperations({ clock, audit }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'listAudit',
      summary:
        'Every change made through management, and every one refused: who, what, before and after; the newest first',
      kind: 'query',
      permission: 'admin',
      method: 'GET',
      path: '/audit',
      input: closed({
        operation: filter('Name of the operation, e.g. "createKey"'),
        target: filter('What was to change, e.g. "/manifest"'),
        keyId: filter('Handle of the key that asked'),
        consumer: filter('The consumer that it belongs to'),
        outcome: Type.Optional(choice(auditOutcomes)),
        since: Type.Optional(text('Not older than 30m, 1h, 2d, or a time', 64)),
        until: Type.Optional(text('Older than that', 64)),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
        beforeId: Type.Optional(Type.Integer({ minimum: 1, description: 'The next page, as the page before says' })),
      }),
      output: closed({ entries: listOf(entry), next: Type.Optional(Type.Integer()) }),
      run: async ({ since, until, limit = 50, ...rest }) => {
        const now = clock.now()
        const from = since === undefined ? undefined : momentOf(since, now, 'since')
        const to = until === undefined ? undefined : momentOf(until, now, 'until')
        const page = await audit.list(withoutUndefined({ ...rest, limit, from, to }))
        return withoutUndefined({ entries: page.entries.map(entryJson), next: page.next })
      },
    }),
  ]
}

function entryJson({ time, ...rest }: AuditEntry) {
  return withoutUndefined({ ...rest, time: isoTime(time) })
}
