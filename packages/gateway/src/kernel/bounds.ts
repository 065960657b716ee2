import type { Amounts, Bound, Counted, Taken } from './limits.ts'

/**
 * The arithmetic of bounds, wherever their counters lie. Each counter knows one number: how much of its bound is used now.
 *
 * - **rate**: the generic cell rate algorithm in its form as a leaky bucket (ITU-T I.371, annex A; both forms admit the same).
 *   A take adds to the level, which drains by `amount` per `perMs`; it fits while the level stays within `burst`. So any
 *   stretch of time admits at most burst + rate x elapsed.
 * - **concurrent**: the leases that are held. None is renewed: `leaseMs` has to be longer than its call may take (the call's time
 *   limit and some slack), since a call that outlives its lease is counted no more.
 * - **sum**: what was added since its period began. The key holds the period; `until` says when it can be forgotten.
 */
export function mostOf(bound: Bound): number {
  return bound.type === 'rate' ? bound.burst : bound.max
}

/** What binary fractions lose: a tenth fits ten times into one. Of a bound once, however many takes there are. */
const slack = 1e-9

/** Written so that what is no number does not fit. */
export function fits(bound: Bound, amount: number, used: number): boolean {
  return used + amount <= mostOf(bound) * (1 + slack)
}

/** What a take could have at once; never below 0. */
export function remainingOf(bound: Bound, used: number): number {
  const most = mostOf(bound)
  const remaining = Math.max(0, most - used)
  const whole = Math.round(remaining)
  return Math.abs(remaining - whole) <= most * slack ? whole : remaining
}

/** Until all of it could be had again, ms. */
export function resetMsOf(bound: Bound, used: number, nowMs: number): number {
  return used > 0 && bound.type !== 'concurrent' ? Math.ceil(untilFreeMs(bound, used, nowMs)) : 0
}

/** No counter knows when a call will end. */
const leaseRetryMs = 1000

/** A sum ends with its period. */
function untilFreeMs(bound: Bound, over: number, nowMs: number): number {
  if (bound.type === 'rate') return (over * bound.perMs) / bound.amount
  return bound.type === 'sum' ? Math.max(0, bound.until - nowMs) : leaseRetryMs
}

function retryAfterMs(bound: Bound, amount: number, used: number, nowMs: number): number | undefined {
  const most = mostOf(bound)
  if (!(amount <= most * (1 + slack))) return undefined
  return Math.ceil(untilFreeMs(bound, used + amount - most, nowMs))
}

/** Where one of them does not fit: what is used of each as it is. */
export function refusedTake(
  asked: readonly Counted[],
  amounts: Amounts,
  refusedAt: number,
  used: readonly number[],
  nowMs: number,
): Taken {
  const refused = asked[refusedAt]
  const retryMs = refused && retryAfterMs(refused.bound, amounts[refused.of] ?? 0, used[refusedAt] ?? 0, nowMs)
  return { taken: false, refusedAt, retryAfterMs: retryMs, used, nowMs }
}
