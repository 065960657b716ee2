import { type ErrorCode, type ErrorGroup, groupOf, isRetryable } from './error-codes.ts'

/** One place in the input that does not fit: a JSON Pointer, what is wrong there, and the likely remedy. */
export interface Violation {
  readonly path: string
  readonly message: string
  readonly suggestion?: string
  /** 1-based line, where the source is a text file. */
  readonly line?: number
}

export interface ErrorFacts {
  readonly code: ErrorCode
  /** What happened. */
  readonly detail: string
  /** What to do about it. */
  readonly next: string
  /** The HTTP status, where there was an answer. */
  readonly status?: number | undefined
  readonly callId?: string | undefined
  readonly violations?: readonly Violation[] | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** Everything that the client throws, but for mistakes in how it is called (TypeError). The message ends with what to do next. */
export class AstraError extends Error {
  /** Stable; the classes below group these. */
  readonly code: ErrorCode
  /** What happened. */
  readonly detail: string
  /** What to do about it. */
  readonly next: string
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** The call's id, where it got one: an operator finds the call by it. */
  readonly callId: string | undefined
  /** The places in the input that do not fit; empty where it is about something else. */
  readonly violations: readonly Violation[]
  /** When to come back, as far as the gateway says. */
  readonly retryAfterMs: number | undefined
  /** True when surely nothing ran upstream, so that repeating is safe for any call. */
  readonly retryable: boolean

  constructor(facts: ErrorFacts) {
    super(messageOf(facts), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = facts.code
    this.detail = facts.detail
    this.next = facts.next
    this.status = facts.status
    this.callId = facts.callId
    this.violations = facts.violations ?? []
    this.retryAfterMs = facts.retryAfterMs
    this.retryable = isRetryable(facts.code, facts.status)
  }
}

/** No valid key, or the key may not do this. */
export class AuthError extends AstraError {}
/** The request has to change: its body, an option, the model or version it names. */
export class InputError extends AstraError {}
/** Too many calls just now; `retryAfterMs` says when to come back. */
export class LimitError extends AstraError {}
/** The model or the gateway failed. */
export class UpstreamError extends AstraError {}
/** The time limit ran out, here or at the gateway. */
export class TimeoutError extends AstraError {}
/** The caller's signal aborted, or the caller left a stream. */
export class CancelledError extends AstraError {}
/** No answer, or one that is not AstraAPI's. */
export class ConnectionError extends AstraError {}
/** A stream ended before its answer did: what arrived is not the whole answer. */
export class StreamCutError extends ConnectionError {}

const classes: Readonly<Record<ErrorGroup, typeof AstraError>> = {
  auth: AuthError,
  input: InputError,
  limit: LimitError,
  upstream: UpstreamError,
  timeout: TimeoutError,
  cancelled: CancelledError,
  connection: ConnectionError,
  'stream-cut': StreamCutError,
}

// On the prototypes, so that stack traces show them too; written out, as a minifier changes `constructor.name`.
const names = {
  AstraError,
  AuthError,
  InputError,
  LimitError,
  UpstreamError,
  TimeoutError,
  CancelledError,
  ConnectionError,
  StreamCutError,
}
for (const [name, type] of Object.entries(names)) type.prototype.name = name

/** The error of the class that its code, else its status, stands for. */
export function errorFrom(facts: ErrorFacts): AstraError {
  return new classes[groupOf(facts.code, facts.status)](facts)
}

function messageOf({ code, detail, next, callId, violations = [] }: ErrorFacts): string {
  const places = violations.slice(0, 3).map(({ path, message, suggestion }) => {
    return `\n  ${path}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`
  })
  const more = violations.length > places.length ? [`\n  and ${violations.length - places.length} more`] : []
  const listed = places.length === 0 ? '' : `${[...places, ...more].join('')}\n`
  const where = callId === undefined ? code : `${code}, call ${callId}`
  return `${sentence(detail)}${listed || ' '}${sentence(next)} [${where}]`
}

function sentence(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`
}
