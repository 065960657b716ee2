/** The weight of the newest interval: half of what the mean tells is no older than 5 of them. */
const weight = 1 / 8
const leastMs = 1000
const mostMs = 60_000

/** How fast waiting calls get their places, for what a refused one is told: a moving mean of the intervals between two of them. */
export class Pace {
  #meanMs: number | undefined
  #since: number | undefined

  /** The first one waits; before, nobody did. */
  begins(now: number): void {
    this.#since = now
  }

  /** One got its place. */
  passes(now: number): void {
    const interval = now - (this.#since ?? now)
    this.#since = now
    this.#meanMs = this.#meanMs === undefined ? interval : this.#meanMs + weight * (interval - this.#meanMs)
  }

  /** Until so many more would have got theirs, in [1 s, 60 s]. Where nothing has moved for long, that counts. */
  waitMs(places: number, now: number): number {
    const stillMs = now - (this.#since ?? now)
    return Math.min(Math.max(Math.max(this.#meanMs ?? 0, stillMs) * places, leastMs), mostMs)
  }
}
