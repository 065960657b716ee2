import type { EvaluationCase } from '../../kernel/evaluation.ts'

/** Where a case falls in [0, 1), by a hash of what it is of. */
export interface DrawnCase {
  readonly at: number
  readonly one: EvaluationCase
  readonly redacted: boolean
}

interface Kept extends DrawnCase {
  readonly order: number
  readonly bytes: number
}

/**
 * Of however many cases come, those that fall lowest, as many and as many bytes as may be kept: so a sample is of all of them, and the
 * same one each time. It never holds more than about twice of that.
 */
export class DrawnCases {
  readonly #most: number
  readonly #bytesMax: number
  #kept: Kept[] = []
  #bytes = 0
  #seen = 0
  /** What falls here or higher is kept no more. */
  #below = 1

  /** Bytes: of all of them together as JSON. */
  constructor(most: number, bytesMax: number) {
    this.#most = most
    this.#bytesMax = bytesMax
  }

  add(drawn: DrawnCase): void {
    const order = this.#seen++
    if (drawn.at >= this.#below) return
    const bytes = Buffer.byteLength(JSON.stringify(drawn.one))
    this.#kept.push({ ...drawn, order, bytes })
    this.#bytes += bytes
    if (this.#kept.length > 2 * this.#most || this.#bytes > 2 * this.#bytesMax) this.#trim()
  }

  /** As they came. `seen`: of how many. */
  told(): { readonly drawn: readonly DrawnCase[]; readonly seen: number } {
    this.#trim()
    return { drawn: this.#kept.toSorted((a, b) => a.order - b.order), seen: this.#seen }
  }

  #trim(): void {
    const sorted = this.#kept.toSorted((a, b) => a.at - b.at)
    const kept: Kept[] = []
    let bytes = 0
    for (const one of sorted) {
      if (kept.length >= this.#most || bytes + one.bytes > this.#bytesMax) {
        this.#below = one.at
        break
      }
      kept.push(one)
      bytes += one.bytes
    }
    this.#kept = kept
    this.#bytes = bytes
  }
}
