import type { Bound, Mark } from '../../kernel/limits.ts'

export interface Instant {
  /** ms of the clock that never runs backwards. */
  readonly elapsed: number
  /** ms since the Unix epoch. */
  readonly now: number
}

/** One counter of one bound; `bounds.ts` says what it counts. */
export interface Counter {
  used(bound: Bound, at: Instant): number
  /** Below 0: gives back, never more than is used; of a rate, of what was taken at `mark`. */
  add(amount: number, bound: Bound, leaseId: string, at: Instant, mark?: Mark): void
  /** What was spent before it began: added once, then raised to. */
  restore?(amount: number, bound: Bound, at: Instant): void
  raise?(amount: number, bound: Bound, at: Instant): void
  /** Of what was added just now. */
  mark?(): Mark
  /** Whether forgetting it would change anything. */
  matters(at: Instant): boolean
}

export const newCounter: Readonly<Record<Bound['type'], () => Counter>> = {
  rate: rateCounter,
  concurrent: leaseCounter,
  sum: sumCounter,
}

/**
 * Keeps the level as it was, and when: it drains by arithmetic, without a timer. What drains first is what came in first, so of the
 * level that a take found and made, what is neither drained nor given back since can still be given back: no more, or what drained
 * long ago would make room again.
 */
function rateCounter(): Counter {
  let level = 0
  let levelAt = 0
  let drainPerMs = 0
  let born = 0
  /** Drained or given back since it was born. */
  let gone = 0
  function drained(at: Instant): number {
    return Math.max(0, level - (at.elapsed - levelAt) * drainPerMs)
  }
  function moveTo(at: Instant): void {
    const left = drained(at)
    gone += level - left
    level = left
    levelAt = at.elapsed
  }
  return {
    used(bound, at) {
      // What drained so far did so by the rate that held until now.
      if (bound.type === 'rate' && bound.amount / bound.perMs !== drainPerMs) {
        moveTo(at)
        drainPerMs = bound.amount / bound.perMs
      }
      return drained(at)
    },
    add(amount, bound, _leaseId, at, mark) {
      this.used(bound, at)
      moveTo(at)
      if (amount < 0) {
        const there = mark === undefined ? level : mark.born === born ? Math.max(0, mark.upTo - gone) : 0
        const back = Math.min(-amount, there, level)
        level -= back
        gone += back
        return
      }
      if (level === 0) {
        born = at.elapsed
        gone = 0
      }
      level += amount
    },
    mark: () => ({ born, upTo: gone + level }),
    matters: (at) => drained(at) > 0,
  }
}

function leaseCounter(): Counter {
  const ends = new Map<string, number>()
  /** No lease ends before it: until then, none needs to be looked at. */
  let firstEnd = Number.POSITIVE_INFINITY
  function prune(at: Instant): void {
    if (at.elapsed < firstEnd) return
    firstEnd = Number.POSITIVE_INFINITY
    for (const [id, end] of ends) {
      if (end <= at.elapsed) ends.delete(id)
      else firstEnd = Math.min(firstEnd, end)
    }
  }
  return {
    used(_bound, at) {
      prune(at)
      return ends.size
    },
    add(amount, bound, leaseId, at) {
      if (amount < 0) ends.delete(leaseId)
      if (amount <= 0 || bound.type !== 'concurrent') return
      const end = at.elapsed + bound.leaseMs
      ends.set(leaseId, end)
      firstEnd = Math.min(firstEnd, end)
    },
    matters(at) {
      prune(at)
      return ends.size > 0
    },
  }
}

function sumCounter(): Counter {
  let sum = 0
  let until = 0
  let restored = 0
  return {
    used: (_bound, at) => (at.now < until ? sum : 0),
    add(amount, bound, _leaseId, at) {
      if (bound.type !== 'sum') return
      sum = Math.max(0, this.used(bound, at) + amount)
      until = bound.until
    },
    restore(amount, bound, at) {
      if (bound.type !== 'sum') return
      if (restored === bound.until) return this.raise?.(amount, bound, at)
      this.add(amount, bound, '', at)
      restored = bound.until
    },
    raise(amount, bound, at) {
      const missing = amount - this.used(bound, at)
      if (missing > 0) this.add(missing, bound, '', at)
    },
    matters: (at) => at.now < until && (sum > 0 || restored === until),
  }
}
