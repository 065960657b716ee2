import type { Bound, Mark } from '../../kernel/limits.ts'
import { TransientMap } from '../../kernel/transient-map.ts'

export interface Instant {
  /** ms of the clock that never runs backwards. */
  readonly elapsed: number
  /** ms since the Unix epoch. */
  readonly now: number
}

/** One counter of one bound; `bounds.ts` says what it counts. */
export interface Counter {
  used(bound: Bound, at: Instant): number
  /** Below 0: gives back, never more than is used; of a rate, of what was taken at `mark`. Says what is used then. */
  add(amount: number, bound: Bound, leaseId: string, at: Instant, mark?: Mark): number
  /** What was spent before it began: added once, then raised to. */
  restore?(amount: number, bound: Bound, at: Instant): void
  raise?(amount: number, bound: Bound, at: Instant): void
  /** Of what was added just now. */
  mark?(): Mark
  /** Whether forgetting it would change anything. */
  matters(at: Instant): boolean
}

/**
 * Keeps the level as it was, and when: it drains by arithmetic, without a timer. What drains first is what came in first, so of the
 * level that a take found and made, what is neither drained nor given back since can still be given back: no more, or what drained
 * long ago would make room again.
 *
 * A class, as its numbers change with every call: those in a closure V8 makes anew each time.
 */
class RateCounter implements Counter {
  #level = 0
  #levelAt = 0
  #drainPerMs = 0
  #born = 0
  /** Drained or given back since it was born. */
  #gone = 0

  used(bound: Bound, at: Instant): number {
    this.#drainBy(bound, at)
    return this.#drained(at)
  }

  add(amount: number, bound: Bound, _leaseId: string, at: Instant, mark?: Mark): number {
    this.#drainBy(bound, at)
    this.#moveTo(at)
    if (amount < 0) {
      const there =
        mark === undefined ? this.#level : mark.born === this.#born ? Math.max(0, mark.upTo - this.#gone) : 0
      const back = Math.min(-amount, there, this.#level)
      this.#level -= back
      this.#gone += back
      return this.#level
    }
    if (this.#level === 0) {
      this.#born = at.elapsed
      this.#gone = 0
    }
    this.#level += amount
    return this.#level
  }

  mark(): Mark {
    return { born: this.#born, upTo: this.#gone + this.#level }
  }

  matters(at: Instant): boolean {
    return this.#drained(at) > 0
  }

  /** What drained so far did so by the rate that held until now. */
  #drainBy(bound: Bound, at: Instant): void {
    if (bound.type !== 'rate') return
    const drainPerMs = bound.amount / bound.perMs
    if (drainPerMs === this.#drainPerMs) return
    this.#moveTo(at)
    this.#drainPerMs = drainPerMs
  }

  #drained(at: Instant): number {
    return Math.max(0, this.#level - (at.elapsed - this.#levelAt) * this.#drainPerMs)
  }

  #moveTo(at: Instant): void {
    const left = this.#drained(at)
    this.#gone += this.#level - left
    this.#level = left
    this.#levelAt = at.elapsed
  }
}

class LeaseCounter implements Counter {
  readonly #ends = new TransientMap<string, number>()
  /** No lease ends before it: until then, none needs to be looked at. */
  #firstEnd = Number.POSITIVE_INFINITY

  used(_bound: Bound, at: Instant): number {
    this.#prune(at)
    return this.#ends.size
  }

  add(amount: number, bound: Bound, leaseId: string, at: Instant): number {
    if (amount < 0) this.#ends.delete(leaseId)
    else if (amount > 0 && bound.type === 'concurrent') {
      const end = at.elapsed + bound.leaseMs
      this.#ends.set(leaseId, end)
      this.#firstEnd = Math.min(this.#firstEnd, end)
    }
    return this.#ends.size
  }

  matters(at: Instant): boolean {
    this.#prune(at)
    return this.#ends.size > 0
  }

  #prune(at: Instant): void {
    if (at.elapsed < this.#firstEnd) return
    this.#firstEnd = Number.POSITIVE_INFINITY
    for (const [id, end] of this.#ends.entries()) {
      if (end <= at.elapsed) this.#ends.delete(id)
      else this.#firstEnd = Math.min(this.#firstEnd, end)
    }
  }
}

class SumCounter implements Counter {
  #sum = 0
  #until = 0
  #restored = 0

  used(_bound: Bound, at: Instant): number {
    return at.now < this.#until ? this.#sum : 0
  }

  add(amount: number, bound: Bound, _leaseId: string, at: Instant): number {
    if (bound.type === 'sum') {
      this.#sum = Math.max(0, this.used(bound, at) + amount)
      this.#until = bound.until
    }
    return this.used(bound, at)
  }

  restore(amount: number, bound: Bound, at: Instant): void {
    if (bound.type !== 'sum') return
    if (this.#restored === bound.until) this.raise(amount, bound, at)
    else this.add(amount, bound, '', at)
    this.#restored = bound.until
  }

  raise(amount: number, bound: Bound, at: Instant): void {
    const missing = amount - this.used(bound, at)
    if (missing > 0) this.add(missing, bound, '', at)
  }

  matters(at: Instant): boolean {
    return at.now < this.#until && (this.#sum > 0 || this.#restored === this.#until)
  }
}

export const newCounter: Readonly<Record<Bound['type'], () => Counter>> = {
  rate: () => new RateCounter(),
  concurrent: () => new LeaseCounter(),
  sum: () => new SumCounter(),
}
