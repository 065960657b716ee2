import type { Accumulator, MetricType } from '@astraapi/statistics'

/**
 * One metric's values of units, in one pass: means, squares and products of distances from the mean (Welford 1962, and the same for the
 * co-moment), as sums of squares would lose what the squares have in common.
 */
export class UnitMoments {
  #n = 0
  #mean = 0
  #m2 = 0
  #secondMean = 0
  #secondM2 = 0
  #co = 0
  #hits = 0
  readonly #type: Exclude<MetricType, 'quantile'>

  constructor(type: Exclude<MetricType, 'quantile'>) {
    this.#type = type
  }

  /** Units. */
  get n(): number {
    return this.#n
  }

  /** A unit's `sum` over `per`, which is above 0. */
  add(sum: number, per: number): void {
    const isRatio = this.#type === 'ratio'
    const y = isRatio ? sum : sum / per
    const x = isRatio ? per : 0
    if (!Number.isFinite(y)) return
    this.#n += 1
    const dy = y - this.#mean
    const dx = x - this.#secondMean
    this.#mean += dy / this.#n
    this.#secondMean += dx / this.#n
    this.#m2 += dy * (y - this.#mean)
    this.#secondM2 += dx * (x - this.#secondMean)
    this.#co += dx * (y - this.#mean)
    // A rate takes each unit for one trial: it counts as what most of its calls were.
    if (y >= 0.5) this.#hits += 1
  }

  accumulator(): Accumulator {
    const moments = { n: this.#n, mean: this.#mean, m2: this.#m2 }
    const second = { mean: this.#secondMean, m2: this.#secondM2, co: this.#co }
    switch (this.#type) {
      case 'rate':
        return { type: 'rate', counts: { n: this.#n, hits: this.#hits } }
      case 'mean':
        return { type: 'mean', moments }
      case 'ratio':
        return { type: 'ratio', moments: { ...moments, second } }
    }
  }
}
