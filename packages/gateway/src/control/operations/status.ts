import Type from 'typebox'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, milliseconds, text, time } from './schemas.ts'
import { shadow } from './traffic-schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

const shadowsMax = 100

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
  shadows: listOf(closed({ contract: Type.String(), ...shadow.properties }), {
    maxItems: shadowsMax,
    description: 'Versions that are asked beside those that serve; the first hundred',
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

export function statusOperations({ status, catalogControl }: OperationPorts): readonly Operation[] {
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
          shadows: shadowsIn(catalogControl.current().state),
        }
      },
    }),
  ]
}

function shadowsIn({ models }: CatalogState) {
  return Object.entries(models)
    .flatMap(([model, { contracts }]) =>
      Object.entries(contracts).flatMap(([major, { shadow }]) =>
        shadow ? [{ contract: `${model}@v${major}`, ...shadow }] : [],
      ),
    )
    .slice(0, shadowsMax)
}
