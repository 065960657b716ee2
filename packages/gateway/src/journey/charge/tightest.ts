import { remainingOf, resetMsOf } from '../../kernel/bounds.ts'
import type { Counted, CounterStates, LimitStatus } from '../../kernel/limits.ts'
import type { Asking } from './asking.ts'
import type { OwnedBound } from './limits-of.ts'

/** Of each kind that headers tell, the bound that will stop its caller first: what is left and when it is back of the others nobody reads. */
export function tightest({ bounds, counted, told }: Asking, taken: CounterStates, at: number): readonly LimitStatus[] {
  const found: LimitStatus[] = []
  for (const places of told) {
    const place = tightestOf(places, counted, taken)
    const bound = bounds[place]
    if (bound) found.push(statusOf(bound, counted[place], taken, place, at))
  }
  return found
}

/** The one that leaves less, and of two alike the one that is longer in coming back. */
function tightestOf(places: readonly number[], counted: readonly Counted[], { used, nowMs }: CounterStates): number {
  let found = -1
  let least = 0
  let longest = 0
  for (const place of places) {
    const one = counted[place]
    if (!one) continue
    const inUse = used[place] ?? 0
    const remaining = remainingOf(one.bound, inUse)
    if (found >= 0 && remaining > least) continue
    const resetMs = resetMsOf(one.bound, inUse, nowMs)
    if (found >= 0 && remaining === least && resetMs <= longest) continue
    found = place
    least = remaining
    longest = resetMs
  }
  return found
}

export function statusOf(
  bound: OwnedBound,
  counted: Counted | undefined,
  { used, nowMs }: CounterStates,
  place: number,
  at: number,
): LimitStatus {
  const { owner, kind, limit, burst } = bound
  const inUse = used[place] ?? 0
  const remaining = counted ? remainingOf(counted.bound, inUse) : 0
  const resetMs = counted ? resetMsOf(counted.bound, inUse, nowMs) : 0
  const windowMs = bound.windowMs(at)
  return burst === undefined
    ? { owner, kind, limit, windowMs, remaining, resetMs }
    : { owner, kind, limit, windowMs, remaining, resetMs, burst }
}
