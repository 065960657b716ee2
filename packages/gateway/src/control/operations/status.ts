import Type from 'typebox'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, milliseconds, text, time } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

const gatewayStatus = closed({
  version: Type.String(),
  node: text('Which gateway answers'),
  startedAt: time,
  catalogRevision: Type.Integer(),
  catalogAgeMs: milliseconds,
  calls: closed({ received: count, recorded: count, refused: count }),
  accounting: closed({
    waiting: count,
    written: count,
    fault: Type.Optional(text('Why the last write failed')),
  }),
  limits: closed({
    counters: text('Where limits are counted: memory or redis'),
    fault: Type.Optional(text('Why they cannot be checked just now')),
  }),
  notServed: Type.Array(closed({ version: Type.String(), reason: Type.String() })),
  notEvaluated: listOf(closed({ experiment: Type.String(), reason: Type.String() }), {
    description: 'Experiments on which nothing can be decided just now',
  }),
  runtime: Type.Optional(
    closed({
      state: Type.String(),
      pid: Type.Optional(Type.Integer()),
      restarts: count,
      lastFault: Type.Optional(Type.String()),
    }),
  ),
})

export function statusOperations({ status }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getStatus',
      summary: 'How this gateway fares',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/status',
      input: closed({}),
      output: gatewayStatus,
      run: async () => {
        const now = status()
        return {
          ...now,
          notServed: [...now.notServed],
          startedAt: isoTime(now.startedAt),
          accounting: withoutUndefined(now.accounting),
          limits: withoutUndefined(now.limits),
        }
      },
    }),
  ]
}
