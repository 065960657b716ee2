import { AstraError } from '../../kernel/errors.ts'
import type { Bound, Counted } from '../../kernel/limits.ts'
import { type Counter, type Instant, newCounter } from './counter.ts'

const sweepFirstAt = 1024
/** When all of them matter, a further sweep so soon would find little, at each call's cost. */
const sweepFullEveryMs = 1000

/** The counters that are in use. One that means nothing any more is forgotten in a sweep, whenever their number has doubled. */
export class CountersInUse {
  readonly #keysMax: number
  readonly #counters = new Map<string, Counter>()
  /** To look 30 of them up by their keys, twice a call, is 1.5 us of it: they are known by the list that asks, until some are forgotten. */
  #known = new WeakMap<readonly Counted[], (Counter | undefined)[]>()
  #sweepAt: number
  #fullSince = Number.NEGATIVE_INFINITY

  constructor(keysMax: number) {
    this.#keysMax = keysMax
    this.#sweepAt = Math.min(sweepFirstAt, keysMax)
  }

  get size(): number {
    return this.#counters.size
  }

  /** By their places in the list: those that are in use. */
  knownTo(asked: readonly Counted[]): (Counter | undefined)[] {
    let known = this.#known.get(asked)
    if (!known) {
      known = new Array<Counter | undefined>(asked.length).fill(undefined)
      this.#known.set(asked, known)
    }
    for (let place = 0; place < asked.length; place++) {
      const one = asked[place]
      if (one) known[place] ??= this.#counters.get(one.key)
    }
    return known
  }

  /** One that is not in use yet begins. */
  counterOf(key: string, { type }: Bound): Counter {
    let counter = this.#counters.get(key)
    if (!counter) {
      counter = newCounter[type]()
      this.#counters.set(key, counter)
    }
    return counter
  }

  /** For new keys, before anything is taken. */
  makeRoom(asked: readonly Counted[], at: Instant): void {
    const counters = this.#counters
    if (counters.size + asked.length <= this.#sweepAt) return
    const fresh = asked.reduce((count, { key }) => (counters.has(key) ? count : count + 1), 0)
    if (counters.size + fresh <= this.#sweepAt) return
    const mayHelp = at.elapsed - this.#fullSince >= sweepFullEveryMs
    if (mayHelp) this.#sweep(at)
    if (counters.size + fresh > this.#keysMax) {
      if (mayHelp) this.#fullSince = at.elapsed
      throw new AstraError('limits_unavailable', { reason: `more than ${this.#keysMax} limits are in use at once` })
    }
  }

  clear(): void {
    this.#counters.clear()
    this.#known = new WeakMap()
  }

  #sweep(at: Instant): void {
    for (const [key, counter] of this.#counters) if (!counter.matters(at)) this.#counters.delete(key)
    this.#known = new WeakMap()
    this.#sweepAt = Math.min(Math.max(sweepFirstAt, 2 * this.#counters.size), this.#keysMax)
  }
}
