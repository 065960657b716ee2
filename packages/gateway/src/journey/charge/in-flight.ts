import { type Version, versionKey } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'

/** A call that holds a place among those in flight. Only `charge` makes one. */
export interface ChargedCall extends FittedCall {
  /** Gives the place back, once. */
  release(): void
  /** A place at another version, which the call falls back on; gives what releases it. Undefined when none is free. */
  place(version: Version): (() => void) | undefined
}

/** Bounds the calls in flight per version in this gateway: past the contract's limit, a call is refused at once. */
export function createCharge(): (fitted: FittedCall) => ChargedCall {
  const inFlight = new Map<string, number>()
  const place = ({ contract, id }: Version): (() => void) | undefined => {
    const key = versionKey(contract.model, contract.major, id)
    const count = inFlight.get(key) ?? 0
    if (count >= contract.limits.inFlightMax) return undefined
    inFlight.set(key, count + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      const now = (inFlight.get(key) ?? 1) - 1
      if (now === 0) inFlight.delete(key)
      else inFlight.set(key, now)
    }
  }
  return (fitted) => {
    const { contract, version } = fitted
    const release = place(version)
    if (release) return { ...fitted, release, place }
    throw new AstraError('overloaded', {
      detail: `Version ${version.id} of ${contract.model}@v${contract.major} has ${contract.limits.inFlightMax} calls in flight, its limit`,
      retryAfterMs: 1000,
    })
  }
}
