import type { AstraError, ErrorCode } from '../../kernel/errors.ts'
import type { CallRecord } from '../../kernel/record.ts'

/** Why a call of the gateway's own was not made: the next ones would not be either. */
export type RefusedFor =
  /** A limit or a budget of its consumer. */
  | 'limits'
  /** The version takes no calls, or none of the gateway's own may begin. */
  | 'unasked'

const refusedFor: Readonly<Partial<Record<ErrorCode, RefusedFor>>> = {
  rate_limited: 'limits',
  budget_exhausted: 'limits',
  overloaded: 'limits',
  limits_unavailable: 'limits',
  // It is not deployed, or not any more, or no replica serves it.
  unknown_model: 'unasked',
  unknown_major: 'unasked',
  unknown_version: 'unasked',
  version_retired: 'unasked',
  upstream_unavailable: 'unasked',
}

/** What is to be made of a call that was refused, or that never began, which has no Record: `fault` is its own, and says nothing of others. */
export function refusalOf(record: CallRecord | undefined, error: AstraError | undefined): Refusal {
  const code = record?.code ?? error?.code ?? 'internal'
  const why = refusedFor[code] ?? (record ? undefined : 'unasked')
  return why ? { why } : { fault: code }
}

export type Refusal = { readonly why: RefusedFor } | { readonly fault: ErrorCode }
