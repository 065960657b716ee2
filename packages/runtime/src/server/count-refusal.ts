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

/** Counts an inference or a generation that was not answered, wherever on its way it failed. */
export function countRefusal(
  repository: Repository,
  { params, routeOptions }: FastifyRequest,
  { raw }: FastifyReply,
  error: unknown,
): void {
  if (!/\/(infer|generate|generate_stream)$/.test(routeOptions.url ?? '')) return
  const { model = '', version } = params as { readonly model?: string; readonly version?: string }
  const outcome = outcomeOf(error)
  if (outcome === undefined) return
  repository.count({ name: model, ...(version && { version }) }, raw.destroyed ? 'abandoned' : outcome)
}

/** Undefined for what names nothing that could be counted. */
export function outcomeOf(error: unknown): Outcome | undefined {
  const { code, retryAfterMs } = toProtocolError(error)
  return retryAfterMs === undefined ? OUTCOMES[code] : 'overloaded'
}
