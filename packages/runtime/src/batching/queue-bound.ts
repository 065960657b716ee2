import { ProtocolError } from '@astraapi/oip'

export interface QueueState {
  readonly calls: number
  /** What a call that comes now waits for; of each call that waits, no more than a batch. */
  readonly rows: number
  /** What the inputs of calls that wait or are computed take in memory. */
  readonly bytes: number
  /** What a row took lately, divided by the workers that compute at the same time; 0 before the first answer. */
  readonly msPerRow: number
}

export interface QueueBound {
  /** Calls that may wait, whatever they take. */
  readonly callsMax: number
  /** What all their inputs may take; a call by itself may take more. */
  readonly bytesMax: number
  /** So many rows may wait however slow the model is. */
  readonly rowsFree: number
  /** Above that, how long a call may be expected to wait. */
  readonly waitMsMax: number
}

/** A call that comes. */
export interface Arrival {
  readonly bytes: number
  readonly deadlineMs: number | undefined
}

/**
 * Why a call is refused at once rather than made to wait, if it is: too many wait, for too long, or it could not be
 * answered in time anyhow. See docs/decisions/2026-11-22-queue-bounded-by-time.md.
 */
export function refusal(
  queue: QueueState,
  bound: QueueBound,
  now: number,
  { bytes, deadlineMs = Infinity }: Arrival,
): ProtocolError | undefined {
  const waitMs = queue.rows * queue.msPerRow
  if (now + waitMs >= deadlineMs) {
    return overloaded(`The answer is due in ${Math.max(0, Math.round(deadlineMs - now))} ms, which is too soon`, waitMs)
  }
  if (queue.calls >= bound.callsMax) return overloaded(`${queue.calls} calls are waiting already`, waitMs)
  if (queue.bytes > 0 && queue.bytes + bytes > bound.bytesMax) {
    return overloaded(`The calls that are waiting hold ${queue.bytes} bytes already`, waitMs)
  }
  if (queue.rows < bound.rowsFree || waitMs <= bound.waitMsMax) return undefined
  return overloaded(`The calls that are waiting take another ${Math.round(waitMs)} ms`, waitMs)
}

/** A 503 of a server that is merely busy. */
export function overloaded(why: string, waitMs: number): ProtocolError {
  const retryAfterMs = Math.min(Math.max(Math.round(waitMs), 100), 30_000)
  return new ProtocolError('unavailable', `${why}; try again later`, { retryAfterMs })
}
