import type { Contract } from '../../kernel/catalog.ts'

/** Bounds what hedging adds to the load: of a contract's calls at most its share get a second attempt beside the first. */
export interface HedgeBudget {
  /** A call begins. */
  call(contract: Contract): void
  /** Pays for one hedge; false when the budget is spent. */
  take(contract: Contract): boolean
}

/** What calls that needed no hedge may save up for those that come at once. */
const savedMax = 10

/** Every call brings its share of a hedge, and a hedge takes one whole. A new catalog begins with none. */
export function createHedgeBudget(): HedgeBudget {
  const saved = new WeakMap<Contract, { hedges: number }>()
  const of = (contract: Contract) => {
    const known = saved.get(contract)
    if (known) return known
    const made = { hedges: 0 }
    saved.set(contract, made)
    return made
  }
  return {
    call(contract) {
      const own = of(contract)
      own.hedges = Math.min(savedMax, own.hedges + (contract.hedge?.share ?? 0))
    },
    take(contract) {
      const own = of(contract)
      // A tenth added ten times is less than one in floating point.
      if (own.hedges < 1 - 1e-9) return false
      own.hedges -= 1
      return true
    },
  }
}
