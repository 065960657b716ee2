import type { Contract } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { DriftReports } from '../../kernel/drift.ts'
import { evaluateDrift, type FoundDrift } from './evaluate-drift.ts'

export interface DriftLook {
  /** Undefined where the contract declares no drift. */
  readonly found: FoundDrift | undefined
  /** When it was looked, ms since the Unix epoch. */
  readonly asOf: number
}

/** One that took less is shared only while it goes on: who has few calls sees each of them at once. */
const shortMs = 200
/** A look is kept for so many times as long as it took, so that whoever asks again and again takes a twentieth of the reader at most. */
const keptTimes = 20
const keptMsMax = 60_000

interface Kept {
  readonly look: Promise<DriftLook>
  /** Infinite while it goes on. */
  until: number
}

/** What drifts, by contract: one look for all who ask at the same time, or soon after it. */
export class DriftLooks {
  readonly #reports: Pick<DriftReports, 'sums'>
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>
  /** A contract that is applied anew is another one. */
  readonly #kept = new WeakMap<Contract, Kept>()

  constructor(reports: Pick<DriftReports, 'sums'>, clock: Pick<Clock, 'now' | 'elapsed'>) {
    this.#reports = reports
    this.#clock = clock
  }

  /** Rejects with `store_unavailable`, of which nothing is kept. */
  of(contract: Contract): Promise<DriftLook> {
    const known = this.#kept.get(contract)
    const began = this.#clock.elapsed()
    if (known && began < known.until) return known.look
    const asOf = this.#clock.now()
    const look = evaluateDrift(contract, this.#reports, asOf).then((found) => ({ found, asOf }))
    const kept: Kept = { look, until: Number.POSITIVE_INFINITY }
    this.#kept.set(contract, kept)
    const done = () => {
      const ended = this.#clock.elapsed()
      const took = ended - began
      kept.until = took < shortMs ? ended : ended + Math.min(keptMsMax, keptTimes * took)
    }
    look.then(done, () => {
      kept.until = Number.NEGATIVE_INFINITY
    })
    return look
  }
}
