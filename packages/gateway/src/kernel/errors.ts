import type { LimitStatus, RefusedBy } from './limits.ts'

/**
 * Every refusal and failure that leaves the process, in one table.
 *
 * `title` is the stable, public name of the fault; `next` tells the caller what to do about it. An `AstraError` may carry
 * a sharper public `detail` (which must never hold an internal message) and a private `reason`, which only operators see:
 * it goes to the log and to the call's Record.
 */
export const errorTable = {
  unauthenticated: row(
    401,
    false,
    'No valid key',
    'Send "Authorization: Bearer <key>" with a key made by "astraapi keys create".',
  ),
  key_expired: row(
    401,
    false,
    'This key has expired',
    'Ask an administrator for another ("astraapi keys create"), or for more time for this one ("astraapi keys update --expires").',
  ),
  invalid_token: row(
    401,
    false,
    'The token is not valid here',
    'Ask its issuer for a new token, or send a key made by "astraapi keys create".',
  ),
  identity_unavailable: row(
    503,
    true,
    'The token cannot be checked just now: the keys of its issuer cannot be had',
    'Repeat after the time in Retry-After.',
  ),
  origin_forbidden: row(
    403,
    false,
    'Pages of this origin may not call',
    'Ask an administrator to list the origin under the consumer\'s "origins" in the manifest.',
  ),
  address_forbidden: row(
    403,
    false,
    'This key may not be used from this address',
    'Call from an address that the key allows, or ask an administrator to allow this one.',
  ),
  key_revoked: row(401, false, 'This key was revoked', 'Ask for a new key: "astraapi keys create".'),
  forbidden: row(
    403,
    false,
    'This key or token lacks the permission',
    'Use one that has it, or ask an administrator for one.',
  ),
  model_forbidden: row(403, false, 'This key or token may not use this model', "Ask the model's owner for access."),
  unknown_route: row(404, false, 'No such path', 'See GET /openapi.json for every path.'),
  unknown_model: row(404, false, 'No such model', 'See GET /api/v1/deployments for the models.'),
  unknown_major: row(404, false, 'The model has no such major version', 'See GET /api/v1/deployments for its majors.'),
  unknown_version: row(404, false, 'The contract has no such version', 'See GET /api/v1/deployments for its versions.'),
  version_retired: row(410, false, 'This version was retired', 'Leave out the version, or pin its successor.'),
  no_tensors: row(
    404,
    false,
    'This contract has no tensor signature',
    'Call it at POST /models/{model}/v{major}/predict, or by GraphQL.',
  ),
  unknown_call: row(
    404,
    false,
    'No such call',
    'Check the id or the reference; a call is known to its own consumer only.',
  ),
  unknown_key: row(404, false, 'No such key', 'See GET /api/v1/keys for the keys.'),
  unknown_consumer: row(404, false, 'No such consumer', 'Declare it under "consumers" in the manifest and apply it.'),
  unknown_experiment: row(
    404,
    false,
    'No such experiment',
    'Declare it under "experiments" in the manifest and apply it.',
  ),
  unknown_evaluation: row(404, false, 'No such evaluation', 'See GET /api/v1/evaluations for those that are kept.'),
  unknown_set: row(404, false, 'No such set of cases', 'See GET /api/v1/sets for the sets.'),
  method_not_allowed: row(405, false, 'This path does not take this method', 'See GET /openapi.json for its methods.'),
  wrong_task: row(
    400,
    false,
    'The model does another task than this path',
    'Call it at POST /models/{model}/v{major}/predict, or by GraphQL.',
  ),
  not_streamable: row(406, false, 'This contract does not stream', 'Leave out "Accept: text/event-stream".'),
  invalid_body: row(400, false, 'The body cannot be read', 'Send one JSON object, as GET /openapi.json describes it.'),
  invalid_option: row(400, false, 'A call option cannot be read', 'Correct the option that is named.'),
  invalid_query: row(
    400,
    false,
    'The GraphQL request is not valid',
    'Correct the places that are named; GET the schema by introspection.',
  ),
  query_too_costly: row(400, false, 'The GraphQL request asks for too much', 'Split it into smaller requests.'),
  body_too_deep: row(400, false, 'The body is nested too deeply', 'Flatten the input.'),
  body_too_large: row(413, false, 'The body is too large', 'Send less at once.'),
  too_many_items: row(413, false, 'Too many inputs in one call', 'Split them over several calls.'),
  invalid_input: row(422, false, 'The input does not fit the contract', 'Correct the places that are named.'),
  invalid_manifest: row(
    422,
    false,
    'The manifest is not valid',
    'Correct the places that are named; nothing was applied.',
  ),
  breaking_change: row(
    409,
    false,
    'The change breaks the contract for its callers',
    'Declare it as a new major version, or undo the places that are named.',
  ),
  gate_failed: row(
    422,
    false,
    'A version did not pass its gate',
    'Mend the version, or change its gate, and apply again; nothing was applied.',
  ),
  version_changed: row(409, false, 'An applied version is immutable', 'Give the changed implementation a new version.'),
  precondition_required: row(
    428,
    false,
    'This write needs If-Match',
    'Read the resource and send its ETag as If-Match.',
  ),
  precondition_failed: row(
    412,
    false,
    'The resource was changed since it was read',
    'Read it again, then repeat the write with the new ETag.',
  ),
  no_traffic: row(
    409,
    false,
    'No version of this contract has traffic',
    'Ask the owner of the model to give a version traffic.',
  ),
  conflict: row(409, false, 'The change conflicts with the present state', 'Read the present state, then decide.'),
  rate_limited: row(429, true, 'More is asked than a limit allows', 'Repeat after the time in Retry-After.'),
  budget_exhausted: row(
    429,
    false,
    'The budget is used up',
    'Wait until it begins anew, or ask an administrator for more.',
  ),
  limits_unavailable: row(503, true, 'Limits cannot be checked just now', 'Repeat after the time in Retry-After.'),
  idempotency_mismatch: row(
    422,
    false,
    'This Idempotency-Key was used with another request',
    'Send a new key with a new request.',
  ),
  idempotency_running: row(
    409,
    true,
    'A call with this Idempotency-Key is still running',
    'Repeat after the time in Retry-After.',
  ),
  overloaded: row(503, true, 'Too many calls at once for this version', 'Repeat after the time in Retry-After.'),
  upstream_unavailable: row(503, true, 'The model cannot be reached just now', 'Repeat after the time in Retry-After.'),
  accounting_unavailable: row(
    503,
    true,
    'Calls cannot be accounted for just now',
    'Repeat after the time in Retry-After.',
  ),
  stopping: row(503, true, 'This gateway is stopping', 'Repeat: another gateway, or this one restarted, will answer.'),
  store_unavailable: row(503, true, 'The store cannot be reached just now', 'Repeat after the time in Retry-After.'),
  unsupported: row(501, false, 'This is not supported', 'Leave it out.'),
  upstream_failed: row(
    502,
    false,
    'The model failed',
    'Repeat if the call may run twice; the call id finds the reason for an operator.',
  ),
  invalid_output: row(
    502,
    false,
    'The model broke its contract',
    'Tell the owner of the model; the call id finds the reason.',
  ),
  timeout: row(504, false, 'The time limit ran out', 'Allow more time (Astra-Timeout), or send less.'),
  upstream_stalled: row(
    504,
    false,
    'The model fell silent',
    'Repeat if the call may run twice; the call id finds the reason for an operator.',
  ),
  cancelled: row(499, false, 'The caller went away', 'Nothing to do.'),
  internal: row(500, false, 'A fault in the gateway', 'Repeat; if it stays, report the call id.'),
} as const satisfies Record<string, ErrorRow>

export interface ErrorRow {
  /** HTTP status at the doors that speak HTTP. */
  readonly status: number
  /** True when surely nothing ran upstream, so that repeating is safe for any call. */
  readonly retryable: boolean
  readonly title: string
  readonly next: string
}

export type ErrorCode = keyof typeof errorTable

/** One named place in a caller's input: a JSON Pointer (or a manifest path), what is wrong there, and the likely remedy. */
export interface Violation {
  readonly path: string
  readonly message: string
  readonly suggestion?: string
  /** 1-based line, where the source is a text file. */
  readonly line?: number
}

export interface ErrorFacts {
  /** Public: replaces the table's title in what the caller reads. Never an internal message. */
  readonly detail?: string
  /** Public: replaces the table's advice. */
  readonly next?: string
  readonly violations?: readonly Violation[]
  /**
   * Public: what cannot be carried of a canonical request, as `detail` quotes it; it begins with the name of a field where it is one.
   * Doors put the word of their protocol in its place.
   */
  readonly field?: string
  readonly retryAfterMs?: number
  /** Public: the bound that refused the call. */
  readonly refusedBy?: RefusedBy
  /** Public: of each kind of bound the one that will stop its caller first, for headers. */
  readonly limits?: readonly LimitStatus[]
  /** Public: it was told before, to an earlier call with the same Idempotency-Key. */
  readonly replayed?: true
  /** The methods that a path does take, for a 405. */
  readonly allow?: readonly string[]
  /** Private: for operators only. */
  readonly reason?: string
  /** Private: upstream broke off before it answered anything; whether it ran the call is not known. */
  readonly unanswered?: boolean
  /** Private: upstream refused this before it did any work, so that nothing is owed for it. */
  readonly unspent?: boolean
  /** Private: the time limit that ran out was the caller's own, shorter than the contract's. */
  readonly hurried?: boolean
  readonly cause?: unknown
}

export class AstraError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, facts: ErrorFacts = {}) {
    super(facts.detail ?? errorTable[code].title, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'AstraError'
    this.code = code
    this.facts = facts
  }

  get status(): number {
    return errorTable[this.code].status
  }
}

/** An error that is nobody's fault and may come by the thousand: to collect a stack costs more than all the rest of a refusal. */
export function refusal(code: ErrorCode, facts: ErrorFacts = {}): AstraError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return new AstraError(code, facts)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** What any door may show of an error: the door only changes its clothes. */
export interface PublicError {
  readonly code: ErrorCode
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly next: string
  readonly violations?: readonly Violation[]
  readonly retryAfterMs?: number
  readonly limit?: RefusedBy
}

/** Every retryable code's advice names Retry-After: it must be there. */
const retryAfterDefaultMs = 1000

/** Nobody mends more at once, and a refusal is no place for a flood. */
const violationsMax = 20

export function publicError(error: AstraError): PublicError {
  const { status, retryable, title, next } = errorTable[error.code]
  const { violations, refusedBy } = error.facts
  const more = (violations?.length ?? 0) - violationsMax
  // What never fits a limit is not to be repeated.
  const retryAfterMs = error.facts.retryAfterMs ?? (retryable && !refusedBy ? retryAfterDefaultMs : undefined)
  return {
    code: error.code,
    status,
    title,
    detail: error.facts.detail ?? title,
    next: `${error.facts.next ?? next}${more > 0 ? ` ${more} more places are not listed.` : ''}`,
    ...(violations ? { violations: violations.slice(0, violationsMax) } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(refusedBy && !isOthersMoney(refusedBy) ? { limit: refusedBy } : {}),
  }
}

/** What the owner of a model spends is none of its callers' business. */
export function isOthersMoney({ owner, kind }: RefusedBy): boolean {
  return (kind === 'budget-day' || kind === 'budget-month') && (owner.kind === 'model' || owner.kind === 'version')
}

/** Anything thrown becomes an AstraError; a stranger becomes `internal`, its message kept for operators. */
export function toAstraError(thrown: unknown): AstraError {
  if (thrown instanceof AstraError) return thrown
  const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return new AstraError('internal', { reason, cause: thrown })
}

/** The private reason, or the public text where there is none: one line for logs and Records. */
export function operatorReason(error: AstraError): string {
  return error.facts.reason ?? error.facts.detail ?? errorTable[error.code].title
}

function row(status: number, retryable: boolean, title: string, next: string): ErrorRow {
  return { status, retryable, title, next }
}
