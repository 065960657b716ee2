import type { Amounts, Counters, Marks, Reservation, Used } from '../../kernel/limits.ts'
import { placeBack, placeBit } from './amounts.ts'
import type { Asking } from './asking.ts'
import type { Need } from './need.ts'

/** What is to be reserved for a call, and of what it is settled. */
export interface Reserving {
  readonly all: Asking
  /** Without those that the call needs nothing of. */
  readonly needed: Asking
  readonly need: Need
  readonly amounts: Amounts
  readonly at: number
}

/** What a call took, until it is settled. Requests and items that were let in stay used, whatever becomes of them. */
export class Reserved implements Reservation {
  readonly #counters: Counters
  readonly #reserving: Reserving
  readonly #leaseId: string
  readonly #marks: Marks | undefined
  #placeHeld = true

  constructor(counters: Counters, reserving: Reserving, leaseId: string, marks: Marks | undefined) {
    this.#counters = counters
    this.#reserving = reserving
    this.#leaseId = leaseId
    this.#marks = marks
  }

  ended(): void {
    const { settled, bits } = this.#reserving.all
    this.#placeHeld = false
    if ((bits & placeBit) !== 0) this.#counters.settle(settled, placeBack, this.#leaseId)
  }

  settle(used: Used): void {
    const { all, need } = this.#reserving
    const tokens = tokensUsed(used, need) - need.tokens
    const costUsd = costUsed(used, need) - need.costUsd
    const places = this.#placeHeld && (all.bits & placeBit) !== 0 ? -1 : 0
    this.#placeHeld = false
    if (tokens === 0 && costUsd === 0 && places === 0) return
    this.#counters.settle(all.settled, [0, 0, tokens, places, costUsd], this.#leaseId, this.#marks)
  }
}

function costUsed({ costUsd = 0, unpriced, unheard }: Used, need: Need): number {
  const known = costUsd + unheard * need.outputUsd
  return unpriced ? Math.max(known, need.costUsd) : known
}

/** Of an answer whose tokens nobody knows, what was reserved for it stays used; of one that nobody has heard, what was for the answer. */
function tokensUsed({ tokens, unheard }: Used, need: Need): number {
  return (tokens ?? need.tokens) + unheard * need.outputTokens
}
