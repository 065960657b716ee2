import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Outcome } from '../metrics/runtime-metrics.ts'
import type { Repository } from '../repository/repository.ts'
import { toProtocolError } from './send-error.ts'

// What is not here names nothing that could be counted.
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  invalid: 'invalid',
  'too-large': 'invalid',
  unsupported: 'invalid',
  internal: 'failed',
  unavailable: 'unavailable',
}

/** Counts an inference that was not answered, wherever on its way it failed. */
export function countRefusal(
  repository: Repository,
  { params, routeOptions }: FastifyRequest,
  { raw }: FastifyReply,
  error: unknown,
): void {
  if (routeOptions.url?.endsWith('/infer') !== true) return
  const { code, retryAfterMs } = toProtocolError(error)
  const { model = '', version } = params as { readonly model?: string; readonly version?: string }
  const outcome = retryAfterMs === undefined ? OUTCOMES[code] : 'overloaded'
  if (outcome === undefined) return
  repository.count({ name: model, ...(version && { version }) }, raw.destroyed ? 'abandoned' : outcome)
}
