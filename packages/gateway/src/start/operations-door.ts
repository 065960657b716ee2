import type { FastifyInstance } from 'fastify'
import { openApiOf } from '../journey/accept/openapi/openapi.ts'
import { requirePermission } from '../journey/admit/permit.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Operation } from '../kernel/operation.ts'
import { callerOf } from './identify-requests.ts'

export interface OperationsDoor {
  readonly catalog: () => Catalog
  readonly operations: readonly Operation[]
  /** Left out where they are served elsewhere. */
  readonly metrics: Metrics | undefined
  /** What keeps this gateway from serving just now; empty when it is ready. */
  readonly notReady: () => readonly string[]
  /** What does not work as it should, and keeps nobody from being served. */
  readonly degraded?: () => readonly string[]
}

/** `/health/live`, `/health/ready`, `/metrics`, `/openapi.json`. */
export function mountOperationsDoor(http: FastifyInstance, door: OperationsDoor): void {
  let document: { readonly revision: number; readonly text: string } | undefined

  http.get('/health/live', () => ({ live: true }))
  http.get('/health/ready', (_request, reply) => {
    const waitingFor = door.notReady()
    const degraded = door.degraded?.() ?? []
    const state = { ready: waitingFor.length === 0, waitingFor, ...(degraded.length === 0 ? {} : { degraded }) }
    return reply.code(state.ready ? 200 : 503).send(state)
  })
  const { metrics } = door
  if (metrics) {
    http.get('/metrics', async (request, reply) => {
      requirePermission(callerOf(request), 'read')
      return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metrics.text())
    })
  }
  http.get('/openapi.json', (_request, reply) => {
    const catalog = door.catalog()
    if (document?.revision !== catalog.revision) {
      document = { revision: catalog.revision, text: JSON.stringify(openApiOf(catalog, door.operations), undefined, 1) }
    }
    return reply.header('content-type', 'application/json; charset=utf-8').send(document.text)
  })
}
