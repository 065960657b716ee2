import { AstraError, operatorReason } from '../../kernel/errors.ts'
import { refusal } from './reply.ts'
import type { Upstream } from './upstream.ts'

/**
 * Resolves when the server says that it is ready, or does not know the question: then it is alive at least. Rejects with
 * `upstream_unavailable` when it says that it is not ready, `upstream_failed` for other answers, and as `Upstream.send`.
 */
export async function probe(upstream: Upstream, signal: AbortSignal): Promise<void> {
  const reply = await upstream.probe('/v2/health/ready', signal)
  if (alive.has(reply.status)) return
  const code = reply.status === 503 ? 'upstream_unavailable' : 'upstream_failed'
  throw new AstraError(code, { reason: operatorReason(refusal(reply)) })
}

const alive: ReadonlySet<number> = new Set([200, 204, 404])
