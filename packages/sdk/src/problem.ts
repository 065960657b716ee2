import { type AstraError, errorFrom, type Violation } from './errors.ts'
import { isObject, parseJson } from './json.ts'

/** What stands around a problem: its HTTP answer, where it has one of its own. */
export interface ProblemContext {
  readonly status?: number
  readonly headers?: Headers
  readonly callId?: string | undefined
}

/**
 * The error that problem details (RFC 9457) describe: a refusal's body, a stream's `error` event, or a failed item of a batch.
 * Undefined when the value is none of AstraAPI's.
 */
export function errorFromProblem(
  problem: unknown,
  { status, headers, callId }: ProblemContext,
): AstraError | undefined {
  if (!isObject(problem) || typeof problem.code !== 'string') return undefined
  const { code, detail, title, next } = problem
  return errorFrom({
    code,
    status: status ?? number(problem.status),
    detail: text(detail) ?? text(title) ?? code,
    next: text(next) ?? 'The code says what kind of error it is.',
    callId: callId ?? text(problem.callId) ?? headers?.get('astra-call-id') ?? undefined,
    violations: Array.isArray(problem.errors) ? problem.errors.filter(isViolation) : [],
    retryAfterMs: number(problem.retryAfterMs) ?? retryAfterMs(headers),
  })
}

/** The error of an HTTP answer other than 2xx, whoever wrote it: AstraAPI, or a proxy in front of it. */
export function errorFromAnswer(response: Response, body: string): AstraError {
  const { status, headers } = response
  return errorFromProblem(parseJson(body), { status, headers }) ?? strangeAnswer(response, body)
}

/** Something answered that is not AstraAPI, or not in a form that it writes. */
export function strangeAnswer({ status, headers }: Response, body: string): AstraError {
  const location = headers.get('location')
  // A browser hides where a redirect leads, and gives it the status 0.
  const redirect = status === 0 || (status >= 300 && status < 400)
  return errorFrom({
    code: 'invalid_answer',
    status,
    detail: redirect
      ? `The address answered with a redirect${location ? ` to ${location}` : ''}`
      : `The answer (status ${status}, ${headers.get('content-type') ?? 'no content type'}) is not AstraAPI's: ${excerpt(body)}`,
    next: redirect
      ? 'Give the address it leads to as "url".'
      : 'Check "url", and what stands between here and the gateway.',
    callId: headers.get('astra-call-id') ?? undefined,
    retryAfterMs: retryAfterMs(headers),
  })
}

function excerpt(body: string): string {
  const line = body.replace(/\s+/g, ' ').trim()
  if (line === '') return 'it is empty'
  return `"${line.length > 120 ? `${line.slice(0, 120)}…` : line}"`
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3); a date counts from the answer's own, as clocks differ. */
function retryAfterMs(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const waitMs = Date.parse(value) - Date.parse(headers?.get('date') ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}

function isViolation(value: unknown): value is Violation {
  return isObject(value) && typeof value.path === 'string' && typeof value.message === 'string'
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
