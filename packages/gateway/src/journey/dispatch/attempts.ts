import type { AttemptContext, Backend } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, errorTable, operatorReason, toAstraError } from '../../kernel/errors.ts'
import type { Attempt } from '../../kernel/record.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { attemptEndOf } from './attempt-end.ts'
import type { Deadline } from './deadline.ts'
import { mayRetry } from './may-retry.ts'
import type { Fleet } from './replicas/fleet.ts'
import type { ReplicaGroup } from './replicas/group.ts'
import type { Member, OpenAttempt } from './replicas/member.ts'

export interface AttemptsPorts {
  readonly clock: Clock
  readonly fleet: Fleet
}

export interface AttemptsReport {
  attempt(attempt: Attempt): void
}

const none: readonly Member[] = []

/** The attempts of one call, one after another, each at another replica. Each that begins ends once, and is reported then. */
export class Attempts {
  readonly #charged: ChargedCall
  readonly #repeatable: boolean
  readonly #deadline: Deadline
  readonly #clock: Clock
  readonly #report: AttemptsReport
  readonly #replicas: ReplicaGroup
  #tried: readonly Member[] = none
  /** What an attempt broke off with that may have run nevertheless. */
  #unanswered: AstraError | undefined

  constructor(
    charged: ChargedCall,
    backend: Backend,
    deadline: Deadline,
    { clock, fleet }: AttemptsPorts,
    report: AttemptsReport,
  ) {
    this.#charged = charged
    this.#repeatable = backend.repeatable
    this.#deadline = deadline
    this.#clock = clock
    this.#report = report
    this.#replicas = fleet.groupOf(charged.version)
  }

  /** Throws `upstream_unavailable` when the version has no replica that may take calls. */
  begin(): OpenAttempt {
    const attempts = this.#tried.length + 1
    const expendable = mayRetry('unanswered', this.#callSoFar(attempts, false))
    const attempt = this.#replicas.begin(this.#clock.elapsed(), this.#tried, this.#deadline.attempt(), expendable)
    if (!attempt) throw new AstraError('upstream_unavailable', { reason: 'no replica may take calls' })
    this.#tried = attempt.tried
    return attempt
  }

  context({ controller: { signal } }: OpenAttempt): AttemptContext {
    const { id, trace } = this.#charged.call
    // The span id is the random half of the call's id, so that a trace leads to the Record and back.
    const span = id.slice(19).replace('-', '')
    const traceparent = `00-${trace.traceId}-${span}-0${trace.sampled ? 1 : 0}`
    return { signal, callId: id, traceparent, tracestate: trace.tracestate }
  }

  /** `waiting` is the replica's own report. */
  answered(attempt: OpenAttempt, waiting?: number): void {
    const now = this.#clock.elapsed()
    this.#replicas.end(attempt, 'answered', now, undefined, waiting)
    this.#tell(attempt, now, undefined, undefined)
  }

  /** A chunk came, and is about to go out: there is no other attempt from now on. */
  chunk(attempt: OpenAttempt): void {
    attempt.firstChunkAt ??= this.#clock.elapsed()
  }

  /** Returns when another attempt is to be made; else throws what the caller gets. */
  failed(attempt: OpenAttempt, thrown: unknown): void {
    if (!attempt.member.open.has(attempt)) throw thrown
    const { signal } = attempt.controller
    const error = toAstraError(signal.aborted ? signal.reason : thrown)
    const now = this.#clock.elapsed()
    this.#replicas.end(attempt, attemptEndOf(error), now, error)
    const next = this.#next(attempt, error, now)
    const spent = next === 'unpaid' ? '; not tried elsewhere: the retry budget is spent' : ''
    this.#tell(attempt, now, error.code, operatorReason(error) + spent)
    if (next !== 'retry') throw this.#unanswered && errorTable[error.code].retryable ? this.#unanswered : error
    if (error.facts.unanswered) this.#unanswered = error
  }

  /** Whoever read the answer left. Without effect on an attempt that has ended. */
  left(attempt: OpenAttempt): void {
    if (!attempt.member.open.has(attempt)) return
    const error = new AstraError('cancelled', { reason: 'the caller left in mid-stream' })
    const now = this.#clock.elapsed()
    this.#replicas.end(attempt, 'other', now, error)
    this.#tell(attempt, now, error.code, operatorReason(error))
  }

  #next(attempt: OpenAttempt, error: AstraError, now: number): 'retry' | 'unpaid' | 'fail' {
    const soFar = this.#callSoFar(this.#tried.length, attempt.firstChunkAt !== undefined)
    if (!mayRetry(attemptEndOf(error), soFar)) return 'fail'
    if (!this.#replicas.hasOther(this.#tried, now)) return 'fail'
    return this.#replicas.payRetry(attempt, now) ? 'retry' : 'unpaid'
  }

  #callSoFar(attempts: number, chunkOut: boolean) {
    return { attempts, repeated: this.#unanswered !== undefined, chunkOut, repeatable: this.#repeatable }
  }

  #tell({ member, startedAt }: OpenAttempt, now: number, code: AstraError['code'] | undefined, reason?: string): void {
    const { call, version } = this.#charged
    this.#report.attempt({
      role: this.#tried[0] === member ? 'serve' : 'retry',
      version: version.id,
      replica: member.endpoint.address,
      atMs: startedAt - call.startedAt,
      durationMs: now - startedAt,
      code,
      reason,
    })
  }
}
