import type { Contract } from '../../kernel/catalog.ts'
import type { Observable } from '../../kernel/observation.ts'

/** Of all places so many are for one consumer, and for one contract: who fills them blinds no observer of what others ask. */
const ofEach = 1 / 4

type Whose = Pick<Observable, 'caller' | 'contract'>

/** A bounded number of places, of which nobody has all. */
export class Places {
  readonly #max: number
  readonly #taken = new Map<string | Contract, number>()
  #all = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Whether there was one. */
  take({ caller, contract }: Whose): boolean {
    const eachMax = this.#max * ofEach
    const byConsumer = this.#taken.get(caller.consumer) ?? 0
    const byContract = this.#taken.get(contract) ?? 0
    if (this.#all >= this.#max || byConsumer >= eachMax || byContract >= eachMax) return false
    this.#all++
    this.#taken.set(caller.consumer, byConsumer + 1).set(contract, byContract + 1)
    return true
  }

  free({ caller, contract }: Whose): void {
    this.#all--
    for (const whose of [caller.consumer, contract]) {
      const taken = (this.#taken.get(whose) ?? 0) - 1
      if (taken > 0) this.#taken.set(whose, taken)
      else this.#taken.delete(whose)
    }
  }
}
