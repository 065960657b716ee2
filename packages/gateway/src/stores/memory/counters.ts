import { fits, refusedTake } from '../../kernel/bounds.ts'
import type { Clock } from '../../kernel/clock.ts'
import { type Counters, markSize, type Spent, type Taken } from '../../kernel/limits.ts'
import { type Counter, type Instant, LeaseCounter, RateCounter, SumCounter } from './counter.ts'
import { CountersInUse } from './counters-in-use.ts'
import { hold, type Lease, Leases, letGo } from './leases.ts'

export interface MemoryCountersOptions {
  readonly clock: Clock
  /** So many counters in use at once; a further one is refused rather than another forgotten. Default 1,000,000. */
  readonly keysMax?: number
}

const keysMaxDefault = 1_000_000

/** Counters of this process alone. Rates and leases go by the clock that never runs backwards, sums by the calendar's. */
export function memoryCounters({
  clock,
  keysMax = keysMaxDefault,
}: MemoryCountersOptions): Counters & { size(): number } {
  const inUse = new CountersInUse(keysMax)
  const leases = new Leases()
  // Of the take that is being decided, by its place: nothing comes in between, and a list that grows anew in each is 0.5 kB a call.
  const levels: number[] = []

  function instant(): Instant {
    const at = { elapsed: clock.elapsed(), now: clock.now() }
    leases.prune(at.elapsed)
    return at
  }
  const sumOf = ({ key, bound }: Spent): SumCounter | undefined => {
    const counter = bound.type === 'sum' ? inUse.counterOf(key, bound) : undefined
    return counter instanceof SumCounter ? counter : undefined
  }

  return {
    take(asked, amounts, leaseId): Taken {
      const at = instant()
      inUse.makeRoom(asked, at)
      const known = inUse.knownTo(asked)
      let refusedAt = -1
      let place = 0
      for (const { bound, of } of asked) {
        const before = known[place]?.used(bound, at) ?? 0
        if (refusedAt < 0 && !fits(bound, amounts[of] ?? 0, before)) refusedAt = place
        levels[place++] = before
      }
      if (refusedAt >= 0) return refusedTake(asked, amounts, refusedAt, levels.slice(0, place), at.now)
      const marks: number[] = []
      let lease: Lease | undefined
      place = 0
      for (const { key, bound, of, settles } of asked) {
        const amount = amounts[of] ?? 0
        if (amount > 0) known[place] ??= inUse.counterOf(key, bound)
        const counter = known[place]
        if (counter && amount > 0) {
          if (bound.type === 'concurrent' && counter instanceof LeaseCounter) {
            lease ??= leases.open(leaseId, at.elapsed + bound.leaseMs)
            levels[place] = hold(lease, counter)
          } else levels[place] = counter.add(amount, bound, at)
        }
        if (settles && bound.type === 'rate') markOf(amount > 0 ? counter : undefined, marks)
        place++
      }
      return { taken: true, used: levels.slice(0, place), nowMs: at.now, marks }
    },
    settle(asked, amounts, leaseId, marks) {
      const at = instant()
      const known = inUse.knownTo(asked)
      let place = -1
      let marked = 0
      let lease: Lease | undefined
      for (const { key, bound, of, settles } of asked) {
        place++
        const mark = settles && bound.type === 'rate' ? markSize * marked++ : -1
        const amount = amounts[of] ?? 0
        // What is no number, or endless, would spoil the counter.
        if (amount === 0 || !Number.isFinite(amount)) continue
        if (amount > 0) known[place] ??= inUse.counterOf(key, bound)
        const counter = known[place]
        // A refund to what is known no more is none.
        if (!counter) continue
        if (counter instanceof LeaseCounter) {
          if (amount < 0) lease ??= leases.of(leaseId)
          if (lease) letGo(lease, counter)
        } else if (amount < 0 && marks && mark >= 0 && counter instanceof RateCounter) {
          counter.giveBack(-amount, bound, at, marks[mark], marks[mark + 1], marks[mark + 2])
        } else counter.add(amount, bound, at)
      }
      if (lease?.counters.length === 0) leases.close(leaseId)
    },
    restore(spent) {
      const at = instant()
      for (const one of spent) sumOf(one)?.restore(totalOf(one), one.bound, at)
    },
    raise(spent) {
      const at = instant()
      for (const one of spent) sumOf(one)?.raise(totalOf(one), one.bound, at)
    },
    fault: () => undefined,
    async close() {
      inUse.clear()
      leases.clear()
    },
    size: () => inUse.size,
  }
}

/** Nobody else tells these counters anything. */
function totalOf({ by }: Spent): number {
  let total = 0
  for (const costUsd of by.values()) total += costUsd
  return total
}

/** As many numbers for each, or what is given back would be looked up at another's. */
function markOf(counter: Counter | undefined, into: number[]): void {
  if (counter instanceof RateCounter) counter.mark(into)
  else for (let n = 0; n < markSize; n++) into.push(Number.NaN)
}
