import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Bound, Counters, Mark, Take, Taken } from '../../kernel/limits.ts'
import { fits, takenOf } from '../bounds.ts'
import { type Counter, type Instant, newCounter } from './counter.ts'

export interface MemoryCountersOptions {
  readonly clock: Clock
  /** So many counters in use at once; a further one is refused rather than another forgotten. Default 1,000,000. */
  readonly keysMax?: number
}

const keysMaxDefault = 1_000_000
const sweepFirstAt = 1024
/** When all of them matter, a further sweep so soon would find little, at each call's cost. */
const sweepFullEveryMs = 1000

/**
 * Counters of this process alone. Rates and leases go by the clock that never runs backwards, sums by the calendar's. A counter
 * that means nothing any more (drained, given back, its period over) is forgotten in a sweep whenever their number has doubled.
 */
export function memoryCounters({
  clock,
  keysMax = keysMaxDefault,
}: MemoryCountersOptions): Counters & { size(): number } {
  const counters = new Map<string, Counter>()
  let sweepAt = Math.min(sweepFirstAt, keysMax)
  let fullSince = Number.NEGATIVE_INFINITY
  // Of the take that is being decided, by its place: nothing comes in between, and lists made anew for each are 1 us a call.
  const known: (Counter | undefined)[] = []
  const used: number[] = []

  function instant(): Instant {
    return { elapsed: clock.elapsed(), now: clock.now() }
  }
  function sweep(at: Instant): void {
    for (const [key, counter] of counters) if (!counter.matters(at)) counters.delete(key)
    sweepAt = Math.min(Math.max(sweepFirstAt, 2 * counters.size), keysMax)
  }
  function counterOf({ key, bound }: Take): Counter {
    let counter = counters.get(key)
    if (!counter) {
      counter = newCounter[bound.type]()
      counters.set(key, counter)
    }
    return counter
  }
  /** Makes room for new keys before anything is taken. */
  function makeRoom(takes: readonly Take[], at: Instant): void {
    if (counters.size + takes.length <= sweepAt) return
    const fresh = takes.reduce((count, { key }) => (counters.has(key) ? count : count + 1), 0)
    if (counters.size + fresh <= sweepAt) return
    if (at.elapsed - fullSince >= sweepFullEveryMs) sweep(at)
    if (counters.size + fresh > keysMax) {
      if (at.elapsed - fullSince >= sweepFullEveryMs) fullSince = at.elapsed
      throw new AstraError('limits_unavailable', { reason: `more than ${keysMax} limits are in use at once` })
    }
  }

  return {
    take(takes, leaseId): Taken {
      const at = instant()
      makeRoom(takes, at)
      let refusedAt = -1
      let place = 0
      for (const take of takes) {
        const counter = counters.get(take.key)
        const before = counter?.used(take.bound, at) ?? 0
        if (refusedAt < 0 && !fits(take, before)) refusedAt = place
        known[place] = counter
        used[place++] = before
      }
      if (refusedAt >= 0) return takenOf(takes, used, refusedAt, at.now)
      const marks = new Array<Mark | undefined>(takes.length)
      for (let index = 0; index < takes.length; index++) {
        const take = takes[index]
        if (!take || take.amount <= 0) continue
        const counter = known[index] ?? counterOf(take)
        used[index] = counter.add(take.amount, take.bound, leaseId, at)
        if (counter.mark) marks[index] = counter.mark()
      }
      return takenOf(takes, used, -1, at.now, marks)
    },
    settle(takes, leaseId) {
      const at = instant()
      for (const take of takes) {
        // What is no number, or endless, would spoil the counter; a refund to what is known no more is none.
        if (!Number.isFinite(take.amount) || (take.amount <= 0 && !counters.has(take.key))) continue
        counterOf(take).add(take.amount, take.bound, leaseId, at, take.mark)
      }
    },
    restore(takes) {
      const at = instant()
      for (const take of takes) if (isSum(take.bound)) counterOf(take).restore?.(take.amount, take.bound, at)
    },
    raise(takes) {
      const at = instant()
      for (const take of takes) if (isSum(take.bound)) counterOf(take).raise?.(take.amount, take.bound, at)
    },
    fault: () => undefined,
    close: async () => counters.clear(),
    size: () => counters.size,
  }
}

function isSum(bound: Bound): boolean {
  return bound.type === 'sum'
}
