import { type AstraError, type ErrorCode, publicError } from '../../kernel/errors.ts'
import type { HeaderList } from './header-list.ts'
import { addRateLimits } from './limit-headers.ts'

/** RFC 9457 problem details: the form of every error at the native and the platform door. */
export interface Problem {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
}

export const problemMediaType = 'application/problem+json'

export function problemOf(error: AstraError, callId: string | undefined): Problem {
  return {
    status: error.status,
    headers: errorHeaders(error, callId),
    body: JSON.stringify(problemBody(error, callId)),
  }
}

/** What every door says of an error beside the body. */
export function errorHeaders(error: AstraError, callId: string | undefined, shown = publicError(error)): HeaderList {
  const headers: HeaderList = ['astra-error-code', shown.code]
  const { limits, replayed, allow } = error.facts
  addRateLimits(headers, limits)
  if (callId !== undefined) headers.push('astra-call-id', callId)
  if (shown.retryAfterMs !== undefined) headers.push('retry-after', String(Math.ceil(shown.retryAfterMs / 1000)))
  if (replayed) headers.push('idempotent-replayed', 'true')
  if (allow) headers.push('allow', allow.join(', '))
  // What is left of the body is not read: the connection cannot be used again.
  if (shown.status === 413) headers.push('connection', 'close')
  if (shown.status === 401) headers.push('www-authenticate', challenges[shown.code] ?? 'Bearer realm="astraapi"')
  return headers
}

/** RFC 6750, section 3.1: a client asks for a new token only where the one that it sent is at fault. */
const rejected = 'Bearer realm="astraapi", error="invalid_token"'
const challenges: Readonly<Partial<Record<ErrorCode, string>>> = {
  invalid_token: rejected,
  key_expired: rejected,
  key_revoked: rejected,
}

export function problemBody(error: AstraError, callId: string | undefined): Record<string, unknown> {
  const { code, status, title, detail, next, violations, retryAfterMs, limit } = publicError(error)
  return {
    type: `urn:astraapi:error:${code}`,
    title,
    status,
    detail,
    code,
    next,
    ...(callId === undefined ? {} : { callId }),
    ...(violations ? { errors: violations } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(limit ? { limit } : {}),
  }
}
