import type { AttemptContext } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, errorTable, operatorReason, toAstraError } from '../../kernel/errors.ts'
import type { Attempt, AttemptUsage } from '../../kernel/record.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { type AttemptEnd, attemptEndOf, attemptEnds } from './attempt-end.ts'
import { blame } from './blame.ts'
import type { Deadline } from './deadline.ts'
import { Fallbacks } from './fallbacks.ts'
import type { Leg, LegPorts } from './leg.ts'
import { mayRetry } from './may-retry.ts'
import type { OpenAttempt } from './replicas/member.ts'
import type { Meter } from './usage/meter.ts'
import { type MeterPorts, meterOf } from './usage/meter-of.ts'
import { usedUp } from './usage/used.ts'

export interface AttemptsPorts extends LegPorts, MeterPorts {
  readonly clock: Clock
}

export interface AttemptsReport {
  /** An attempt has ended, however it did. */
  attempt(attempt: Attempt, used: AttemptUsage): void
}

/** An attempt in flight. */
export interface Try {
  readonly leg: Leg
  readonly open: OpenAttempt
  readonly role: Attempt['role']
  readonly meter: Meter
  /** False where the time was up, or the caller gone, before it could be. */
  readonly asked: boolean
}

/**
 * The attempts of one call, one after another (two side by side where it is hedged): at the replicas of the assigned version, then at
 * those it falls back on. Each that begins ends once, and is reported then.
 */
export class Attempts {
  readonly #charged: ChargedCall
  readonly #deadline: Deadline
  readonly #clock: Clock
  readonly #meters: MeterPorts
  readonly #report: AttemptsReport
  readonly #first: Leg
  /** Undefined where the contract names none. */
  readonly #fallbacks: Fallbacks | undefined
  #leg: Leg
  #inFlight = 0
  #last: AstraError | undefined
  /** What an attempt ended with that may have run nevertheless. */
  #mayHaveRun: AstraError | undefined

  constructor(charged: ChargedCall, first: Leg, deadline: Deadline, ports: AttemptsPorts, report: AttemptsReport) {
    this.#charged = charged
    this.#deadline = deadline
    this.#clock = ports.clock
    this.#meters = ports
    this.#report = report
    this.#first = first
    this.#leg = first
    this.#fallbacks = charged.contract.fallback.length > 0 ? new Fallbacks(charged, ports) : undefined
  }

  /** Throws what the caller gets when no replica of any version that is left may take calls. */
  begin(): Try {
    for (;;) {
      const begun = this.#beginAt(this.#leg, false)
      if (begun) return begun
      const error = new AstraError('upstream_unavailable', { reason: 'no replica may take calls' })
      if (!this.#fallBack()) throw this.#final(error)
    }
  }

  /** A second attempt beside the first: at another replica, else at the next version. Undefined when there is neither. */
  beginBeside(): Try | undefined {
    const { replicas, tried } = this.#leg
    const elsewhere = replicas.hasOther(tried, this.#clock.elapsed()) || this.#fallBack()
    return elsewhere ? this.#beginAt(this.#leg, true) : undefined
  }

  context({ open: { signal } }: Try): AttemptContext {
    const { id, trace } = this.#charged.call
    // The span id is the random half of the call's id, so that a trace leads to the Record and back.
    const span = id.slice(19).replace('-', '')
    const traceparent = `00-${trace.traceId}-${span}-0${trace.sampled ? 1 : 0}`
    const { outputTokensMax } = this.#charged.contract.limits
    return { signal, callId: id, traceparent, tracestate: trace.tracestate, outputTokensMax }
  }

  /** `waiting` is the replica's own report. */
  answered(one: Try, waiting?: number): void {
    this.#end(one, 'answered', this.#clock.elapsed(), undefined, waiting)
  }

  /** Content came, and is about to go out: there is no other attempt from now on. */
  content({ open }: Try): void {
    open.firstChunkAt ??= this.#clock.elapsed()
  }

  /** Returns when another attempt is to be made, or still runs; else throws what the caller gets. */
  failed(one: Try, thrown: unknown): void {
    const { open, leg } = one
    if (!isOpen(one)) throw thrown
    const { signal } = open
    const error = toAstraError(signal.aborted ? signal.reason : thrown)
    const end = attemptEndOf(error)
    const now = this.#clock.elapsed()
    // Where a version cannot be asked for this, nothing ran: it is passed over.
    const passedOver = error.code === 'unsupported' && open.firstChunkAt === undefined
    leg.replicas.end(open, end, now, error)
    this.#inFlight--
    const retry = this.#inFlight > 0 ? 'no' : this.#mayRetry(one, end, now)
    if (!this.#isCopy) blame(leg, open.member, end, retry === 'yes', now, error)
    const spent = retry === 'unpaid' ? '; not tried elsewhere: the retry budget is spent' : ''
    if (!passedOver) {
      this.#tell(one, end, now, error, operatorReason(error) + spent)
      this.#last = error
    }
    leg.repeated ||= attemptEnds[end].again === 'once'
    if (!this.#goesOn(one, end, retry === 'yes', passedOver)) {
      throw this.#final(passedOver ? (this.#last ?? error) : error)
    }
    if (!passedOver && !errorTable[error.code].retryable) this.#mayHaveRun = error
  }

  /** Another attempt was faster. */
  outrun(one: Try): void {
    const error = new AstraError('cancelled', { reason: 'another attempt was faster' })
    if (!isOpen(one)) return
    this.#end(one, 'late', this.#clock.elapsed(), error)
    one.open.signal.abort(error)
  }

  /** Whoever read the answer left, or did not read on before the time was up. Without effect on an attempt that has ended. */
  left(one: Try): void {
    if (!isOpen(one)) return
    const { reason } = one.open.signal
    const late = reason?.code === 'timeout'
    const error = late ? reason : new AstraError('cancelled', { reason: 'the caller left in mid-stream' })
    this.#end(one, attemptEndOf(error), this.#clock.elapsed(), error)
  }

  /** One has begun to answer, and its reader says when the caller has left. */
  begun(): void {
    this.#deadline.begun()
  }

  onLate(listener: (error: AstraError) => void): void {
    this.#deadline.onReached(listener)
  }

  /** No attempt will follow, and none runs. */
  close(): void {
    this.#deadline.clear()
    this.#fallbacks?.release()
  }

  #beginAt(leg: Leg, beside: boolean): Try | undefined {
    const { tried } = leg
    const expendable = !this.#isCopy && mayRetry('unanswered', callSoFar(leg, tried.length + 1, false))
    const open = leg.replicas.begin(this.#clock.elapsed(), tried, this.#deadline.attempt(beside), expendable)
    if (!open) return undefined
    if (leg !== this.#first) this.#fallbacks?.count()
    leg.tried = open.tried
    this.#inFlight++
    const role = beside ? 'hedge' : this.#roleOf(leg, tried.length)
    const meter = meterOf(this.#charged, leg, this.#meters)
    return { leg, open, role, meter, asked: !open.signal.aborted }
  }

  /** What it meets opens no breaker for calls that are served. */
  get #isCopy(): boolean {
    return this.#charged.call.role !== undefined
  }

  #roleOf(leg: Leg, triedBefore: number): Attempt['role'] {
    if (triedBefore > 0) return 'retry'
    return leg === this.#first ? (this.#charged.call.role ?? 'serve') : 'fallback'
  }

  #mayRetry({ leg, open }: Try, end: AttemptEnd, now: number): 'yes' | 'unpaid' | 'no' {
    if (this.#isCopy || !mayRetry(end, callSoFar(leg, leg.tried.length, open.firstChunkAt !== undefined))) return 'no'
    if (!leg.replicas.hasOther(leg.tried, now)) return 'no'
    if (leg !== this.#first && this.#fallbacks?.isSpent) return 'no'
    return leg.replicas.payRetry(open, now) ? 'yes' : 'unpaid'
  }

  #goesOn({ leg, open }: Try, end: AttemptEnd, retry: boolean, passedOver: boolean): boolean {
    if (this.#inFlight > 0) return true
    if (retry) {
      this.#leg = leg
      return true
    }
    if (open.firstChunkAt !== undefined) return false
    // The assigned version's own refusal is the caller's to read.
    return (attemptEnds[end].fallsBack || (passedOver && leg !== this.#first)) && this.#fallBack()
  }

  #fallBack(): boolean {
    const next = this.#fallbacks?.next(this.#inFlight === 0)
    if (next) this.#leg = next
    return next !== undefined
  }

  /** Never the promise that nothing ran where something may have. */
  #final(error: AstraError): AstraError {
    return this.#mayHaveRun && errorTable[error.code].retryable ? this.#mayHaveRun : error
  }

  #end(one: Try, end: AttemptEnd, now: number, error?: AstraError, waiting?: number): void {
    one.leg.replicas.end(one.open, end, now, error, waiting)
    if (!this.#isCopy) blame(one.leg, one.open.member, end, false, now, error)
    this.#inFlight--
    this.#tell(one, end, now, error, error && operatorReason(error))
  }

  #tell(one: Try, end: AttemptEnd, now: number, error: AstraError | undefined, reason?: string): void {
    const { leg, open, role } = one
    const attempt: Attempt = {
      role,
      version: leg.version.id,
      replica: open.member.endpoint.address,
      atMs: open.startedAt - this.#charged.call.startedAt,
      durationMs: now - open.startedAt,
      code: error?.code,
      reason,
    }
    const told: Attempt = error?.facts.hurried ? { ...attempt, hurried: true } : attempt
    this.#report.attempt(told, usedUp(one, end, this.#charged.call.stream))
  }
}

function isOpen({ open }: Try): boolean {
  return open.member.open.has(open)
}

function callSoFar({ repeated, backend }: Leg, attempts: number, chunkOut: boolean) {
  return { attempts, repeated, chunkOut, repeatable: backend.repeatable }
}
