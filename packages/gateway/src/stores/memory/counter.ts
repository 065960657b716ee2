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
 * Keeps the level as it was, and when: it drains by arithmetic, without a timer. A take that had been smaller would have left the level
 * lower by as much until the level reached nothing, where what would have drained no more is lost: no more than that is given back, or
 * what drained long ago would make room again. Two amounts are never too much. What drains first is what came in first, so there is
 * what of the level that the take found and made has not gone since; and no more can be lost than has drained since.
 *
 * A class, as its numbers change with every call: those in a closure V8 makes anew each time.
 */
export class RateCounter implements Counter {
  #level = 0
  #levelAt = 0
  #drainPerMs = 0
  #born = 0
  /** Since it was born. */
  #drained = 0
  #given = 0

  used(bound: Bound, at: Instant): number {
    this.#drainBy(bound, at)
    return this.#levelThen(at)
  }

  add(amount: number, bound: Bound, at: Instant): number {
    this.#drainBy(bound, at)
    this.#moveTo(at)
    if (amount < 0) return this.#back(-amount, this.#level)
    if (this.#level === 0) {
      this.#born = at.elapsed
      this.#drained = 0
      this.#given = 0
    }
    this.#level += amount
    return this.#level
  }

  /** Of what was taken where these three numbers of its mark say. */
  giveBack(amount: number, bound: Bound, at: Instant, born = Number.NaN, upTo = 0, drained = 0): void {
    this.#drainBy(bound, at)
    this.#moveTo(at)
    if (born !== this.#born) return
    const there = upTo - this.#drained - this.#given
    const notLost = amount - (this.#drained - drained)
    this.#back(amount, Math.max(0, there, notLost))
  }

  /** Of what was added just now. */
  mark(into: number[]): void {
    into.push(this.#born, this.#drained + this.#given + this.#level, this.#drained)
  }

  matters(at: Instant): boolean {
    return this.#levelThen(at) > 0
  }

  #back(amount: number, there: number): number {
    const back = Math.min(amount, there, this.#level)
    this.#level -= back
    this.#given += back
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

  #levelThen(at: Instant): number {
    return Math.max(0, this.#level - (at.elapsed - this.#levelAt) * this.#drainPerMs)
  }

  #moveTo(at: Instant): void {
    const left = this.#levelThen(at)
    this.#drained += this.#level - left
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

  /** What was spent before it began: added where nothing was told yet, else raised to. */
  restore(amount: number, bound: Bound, at: Instant): void {
    if (bound.type !== 'sum') return
    if (this.#restored === bound.until) this.raise(amount, bound, at)
    else this.add(amount, bound, at)
    this.#restored = bound.until
  }

  raise(amount: number, bound: Bound, at: Instant): void {
    if (bound.type !== 'sum') return
    const missing = amount - this.used(bound, at)
    if (missing > 0) this.add(missing, bound, at)
    this.#restored = bound.until
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
