import type { Bound } from '../../kernel/limits.ts'

export interface Instant {
  /** ms of the clock that never runs backwards. */
  readonly elapsed: number
  /** ms since the Unix epoch. */
  readonly now: number
}

/** One counter of one bound; `kernel/bounds.ts` says what it counts. */
export interface Counter {
  used(bound: Bound, at: Instant): number
  /** Says what is used then. Below 0: gives back, never more than is used. */
  add(amount: number, bound: Bound, at: Instant): number
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
export class RateCounter implements Counter {
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

  add(amount: number, bound: Bound, at: Instant): number {
    this.#drainBy(bound, at)
    this.#moveTo(at)
    if (amount < 0) return this.#back(-amount, this.#level)
    if (this.#level === 0) {
      this.#born = at.elapsed
      this.#gone = 0
    }
    this.#level += amount
    return this.#level
  }

  /** Of what was taken where these two numbers of its mark say. */
  giveBack(amount: number, bound: Bound, at: Instant, born = Number.NaN, upTo = 0): void {
    this.#drainBy(bound, at)
    this.#moveTo(at)
    this.#back(amount, born === this.#born ? Math.max(0, upTo - this.#gone) : 0)
  }

  /** Of what was added just now. */
  mark(into: number[]): void {
    into.push(this.#born, this.#gone + this.#level)
  }

  matters(at: Instant): boolean {
    return this.#drained(at) > 0
  }

  #back(amount: number, there: number): number {
    const back = Math.min(amount, there, this.#level)
    this.#level -= back
    this.#gone += back
    return this.#level
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

/** How many hold a lease: who does, and until when, `Leases` knows. */
export class LeaseCounter implements Counter {
  #held = 0

  used(): number {
    return this.#held
  }

  add(amount: number): number {
    this.#held += amount
    return this.#held
  }

  matters(): boolean {
    return this.#held > 0
  }
}

export class SumCounter implements Counter {
  #sum = 0
  #until = 0
  #restored = 0

  used(_bound: Bound, at: Instant): number {
    return at.now < this.#until ? this.#sum : 0
  }

  add(amount: number, bound: Bound, at: Instant): number {
    if (bound.type === 'sum') {
      this.#sum = Math.max(0, this.used(bound, at) + amount)
      this.#until = bound.until
    }
    return this.used(bound, at)
  }

  /** What was spent before it began: added once, then raised to. */
  restore(amount: number, bound: Bound, at: Instant): void {
    if (bound.type !== 'sum') return
    if (this.#restored === bound.until) this.raise(amount, bound, at)
    else this.add(amount, bound, at)
    this.#restored = bound.until
  }

  raise(amount: number, bound: Bound, at: Instant): void {
    const missing = amount - this.used(bound, at)
    if (missing > 0) this.add(missing, bound, at)
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
