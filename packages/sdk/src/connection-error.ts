import { type AstraError, errorFrom } from './errors.ts'

/** Faults of a connection that was never made, by the codes of Node.js and of its fetch: surely nothing was sent. */
const neverSent: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * What fetch rejected with, as an error of ours. Browsers hide the cause, and a connection that breaks after the request went
 * out looks the same whether or not the model ran: both are `connection_lost`, which is never repeated.
 */
export function connectionError(thrown: unknown, url: string): AstraError {
  const { code, syscall, message } = innermost(thrown)
  const failed = neverSent.has(code) || syscall === 'connect'
  return errorFrom({
    code: failed ? 'connection_failed' : 'connection_lost',
    detail: failed ? `${url} cannot be reached: ${message}` : `No whole answer came from ${url}: ${message}`,
    next: failed
      ? 'Check that the gateway runs there, and that "url" is right.'
      : 'Repeat if the call may run twice: it may have run already.',
    cause: thrown,
  })
}

interface Fault {
  readonly message: string
  readonly code?: unknown
  readonly syscall?: unknown
}

/** fetch wraps the fault in a TypeError; where several addresses were tried, the first speaks for all. */
function innermost(thrown: unknown): Fault {
  if (!(thrown instanceof Error)) return { message: String(thrown) }
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause
  return inner instanceof Error ? innermost(inner) : thrown
}
