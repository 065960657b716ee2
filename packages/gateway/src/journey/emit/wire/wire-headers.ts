import type { StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import { type AstraError, type ErrorCode, errorTable, publicError } from '../../../kernel/errors.ts'
import { addCacheHeaders } from '../cache-headers.ts'
import type { HeaderList } from '../header-list.ts'
import { errorHeaders } from '../problem.ts'
import { serverTiming } from '../server-timing.ts'

/** Not for sure safe to repeat, but what a client does of itself about a 502 may well mend it. */
const mayMend: ReadonlySet<ErrorCode> = new Set(['upstream_failed'])

/** `idHeader`: the protocol's own name of the header that has the call's id. */
export function answerHeaders(answer: WholeAnswer | StreamAnswer, idHeader: string): HeaderList {
  const { callId, version } = answer
  const headers = ['astra-call-id', callId, 'astra-version', version, idHeader, callId]
  addCacheHeaders(headers, answer.cache)
  if (answer.kind === 'whole') headers.push('server-timing', serverTiming(answer.timing))
  return headers
}

/**
 * The protocols' own clients repeat a call by its status (408, 409, 429, 5xx) unless they are told not to: an error that a repeat
 * cannot mend, or whose call took all its time already, would else be paid for three times.
 */
export function wireErrorHeaders(
  error: AstraError,
  callId: string | undefined,
  idHeader: string,
  shown = publicError(error),
): HeaderList {
  const headers = errorHeaders(error, callId, shown)
  if (callId !== undefined) headers.push(idHeader, callId)
  const { retryAfterMs } = shown
  if (retryAfterMs !== undefined) headers.push('retry-after-ms', String(Math.ceil(retryAfterMs)))
  const mends = errorTable[error.code].retryable ? retryAfterMs !== undefined : mayMend.has(error.code)
  if (!mends) headers.push('x-should-retry', 'false')
  return headers
}
