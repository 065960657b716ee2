import type { SemanticReport } from '../../../kernel/cache.ts'

/** From which similarity on each class counts; finer where decisions are made. */
const bounds = [0.99, 0.975, 0.95, 0.925, 0.9, 0.85, 0.8, 0.7] as const

/** What semantic look-ups of one contract came to since the start. */
export class Tally {
  readonly #model: string
  readonly #major: number
  readonly #classes = bounds.map((from) => ({ from, calls: 0, compared: 0, equal: 0 }))
  readonly #rest = { from: 0, calls: 0, compared: 0, equal: 0 }
  #lookups = 0
  #failures = 0
  #served = 0
  #wouldServe = 0

  constructor(model: string, major: number) {
    this.#model = model
    this.#major = major
  }

  /** `similarity`: of the nearest text whose answer is kept; undefined where there is none. */
  looked(similarity: number | undefined): void {
    this.#lookups++
    if (similarity !== undefined) this.#classOf(similarity).calls++
  }

  failed(): void {
    this.#lookups++
    this.#failures++
  }

  served(): void {
    this.#served++
  }

  wouldServe(): void {
    this.#wouldServe++
  }

  /** The call was asked all the same: whether it got the answer of the nearest text. */
  compared(similarity: number, equal: boolean): void {
    const one = this.#classOf(similarity)
    one.compared++
    if (equal) one.equal++
  }

  report(): SemanticReport {
    return {
      model: this.#model,
      major: this.#major,
      lookups: this.#lookups,
      failures: this.#failures,
      served: this.#served,
      wouldServe: this.#wouldServe,
      similarities: [...this.#classes, this.#rest].map((one) => ({ ...one })),
    }
  }

  #classOf(similarity: number) {
    return this.#classes.find(({ from }) => similarity >= from) ?? this.#rest
  }
}
