import { versionKey } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'

/** A call that holds a place among those in flight. Only `charge` makes one; `release` gives the place back, once. */
export interface ChargedCall extends FittedCall {
  release(): void
}

/** Bounds the calls in flight per version in this gateway: past the contract's limit, a call is refused at once. */
export function createCharge(): (fitted: FittedCall) => ChargedCall {
  const inFlight = new Map<string, number>()
  return (fitted) => {
    const { contract, version } = fitted
    const key = versionKey(contract.model, contract.major, version.id)
    const count = inFlight.get(key) ?? 0
    if (count >= contract.limits.inFlightMax) {
      throw new AstraError('overloaded', {
        detail: `Version ${version.id} of ${contract.model}@v${contract.major} has ${count} calls in flight, its limit`,
        retryAfterMs: 1000,
      })
    }
    inFlight.set(key, count + 1)
    let held = true
    const release = () => {
      if (!held) return
      held = false
      const now = (inFlight.get(key) ?? 1) - 1
      if (now === 0) inFlight.delete(key)
      else inFlight.set(key, now)
    }
    return { ...fitted, release }
  }
}
