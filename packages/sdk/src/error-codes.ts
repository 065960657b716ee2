/**
 * The codes that a gateway is known to send, and the client's own, each with the group that its error class stands for.
 * A newer gateway may send others: those go by their HTTP status.
 */
export const errorCodes = {
  unauthenticated: 'auth',
  key_expired: 'auth',
  invalid_token: 'auth',
  address_forbidden: 'auth',
  origin_forbidden: 'auth',
  key_revoked: 'auth',
  forbidden: 'auth',
  model_forbidden: 'auth',
  unknown_route: 'input',
  unknown_model: 'input',
  unknown_major: 'input',
  unknown_version: 'input',
  version_retired: 'input',
  no_tensors: 'input',
  wrong_task: 'input',
  unknown_call: 'input',
  unknown_key: 'input',
  unknown_consumer: 'input',
  unknown_experiment: 'input',
  unknown_evaluation: 'input',
  unknown_set: 'input',
  method_not_allowed: 'input',
  not_streamable: 'input',
  invalid_body: 'input',
  invalid_option: 'input',
  invalid_query: 'input',
  query_too_costly: 'input',
  body_too_deep: 'input',
  body_too_large: 'input',
  too_many_items: 'input',
  invalid_input: 'input',
  invalid_manifest: 'input',
  breaking_change: 'input',
  version_changed: 'input',
  gate_failed: 'input',
  precondition_required: 'input',
  precondition_failed: 'input',
  no_traffic: 'input',
  conflict: 'input',
  idempotency_mismatch: 'input',
  idempotency_running: 'input',
  rate_limited: 'limit',
  budget_exhausted: 'limit',
  overloaded: 'limit',
  upstream_unavailable: 'upstream',
  accounting_unavailable: 'upstream',
  stopping: 'upstream',
  identity_unavailable: 'upstream',
  limits_unavailable: 'upstream',
  store_unavailable: 'upstream',
  unsupported: 'upstream',
  upstream_failed: 'upstream',
  invalid_output: 'upstream',
  internal: 'upstream',
  timeout: 'timeout',
  upstream_stalled: 'timeout',
  cancelled: 'cancelled',
  /** The client's own: no connection could be made, nothing was sent. */
  connection_failed: 'connection',
  /** The client's own: the connection broke after the request may have gone out. */
  connection_lost: 'connection',
  /** The client's own: something answered, in a form that is not AstraAPI's. */
  invalid_answer: 'connection',
  /** The client's own: types cannot be written from this file. */
  invalid_contracts: 'input',
  /** The client's own: a stream ended before its answer did. */
  stream_cut: 'stream-cut',
} as const satisfies Record<string, ErrorGroup>

export type ErrorGroup = 'auth' | 'input' | 'limit' | 'upstream' | 'timeout' | 'cancelled' | 'connection' | 'stream-cut'

export type KnownErrorCode = keyof typeof errorCodes

/** Known codes complete in the editor; others are still strings. */
export type ErrorCode = KnownErrorCode | (string & {})

/** Answered before anything ran upstream, so that repeating is safe for any call. */
const retryableCodes: ReadonlySet<string> = new Set<KnownErrorCode>([
  'rate_limited',
  'idempotency_running',
  'identity_unavailable',
  'limits_unavailable',
  'overloaded',
  'upstream_unavailable',
  'accounting_unavailable',
  'stopping',
  'store_unavailable',
  'connection_failed',
])

const groupsByStatus: Readonly<Record<number, ErrorGroup>> = {
  401: 'auth',
  403: 'auth',
  429: 'limit',
  499: 'cancelled',
  504: 'timeout',
}

/** A budget begins anew in hours or days: nobody is kept waiting for that. */
export function isRetryable(code: string, status: number | undefined): boolean {
  return (status === 429 && code !== 'budget_exhausted') || retryableCodes.has(code)
}

/** A status says more than `invalid_answer`, the code of whatever a proxy on the way made up. */
export function groupOf(code: string, status: number | undefined): ErrorGroup {
  const known = Object.hasOwn(errorCodes, code) ? errorCodes[code as KnownErrorCode] : undefined
  if (known && (code !== 'invalid_answer' || status === undefined || status < 400)) return known
  if (status === undefined) return 'upstream'
  return groupsByStatus[status] ?? (status >= 400 && status < 500 ? 'input' : 'upstream')
}
