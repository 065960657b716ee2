import { AstraError, operatorReason } from '../../kernel/errors.ts'
import { refusal } from './reply.ts'
import type { Upstream } from './upstream.ts'

/**
 * Resolves when the server says that it is ready, or does not know the question: then it is alive at least. Rejects with
 * `upstream_unavailable` when it says that it is not ready, `upstream_failed` for other answers, and as `Upstream.send`, with
 * `unanswered` unless the connection was refused. Gives who answered: the connection, which no restart outlives, and the server's
 * own word for its process and the models in it, where it has one.
 */
export async function probe(upstream: Upstream, signal: AbortSignal): Promise<string> {
  const { reply, connection } = await upstream.probe('/v2/health/ready', signal).catch((thrown) => {
    throw signal.aborted ? thrown : unlessRefused(thrown)
  })
  if (alive.has(reply.status)) return `${connection} ${reply.headers[modelStateName] ?? ''}`
  const code = reply.status === 503 ? 'upstream_unavailable' : 'upstream_failed'
  throw new AstraError(code, { reason: operatorReason(refusal(reply)) })
}

/** Another text with each process, and with each model that it loads or unloads. */
const modelStateName = 'astra-model-state'

/** The system's word that nobody listens there (any more): a server that stops says so, and answers what it has begun. */
const refusals: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOENT'])

function unlessRefused(thrown: unknown): unknown {
  if (!(thrown instanceof AstraError)) return thrown
  const { cause } = thrown.facts
  const refused = cause instanceof Error && 'code' in cause && refusals.has(cause.code)
  return refused ? thrown : new AstraError(thrown.code, { ...thrown.facts, unanswered: true })
}

const alive: ReadonlySet<number> = new Set([200, 204, 404])
