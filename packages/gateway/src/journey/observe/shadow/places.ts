import type { Contract } from '../../../kernel/catalog.ts'
import type { ShadowDropReason } from '../../../kernel/shadow.ts'

/** Copies in flight per contract, in one gateway, and never more than calls of a version may be. */
const inFlightMax = 32
/** Of requests whose copies are in flight, of all contracts together. */
const bytesMax = 32 * 1024 * 1024
/** After a copy that was refused none is asked for so long: each would have a Record that says the same. */
const pauseMs = 1000

interface Lane {
  inFlight: number
  pausedUntil: number
  pausedFor: ShadowDropReason
}

/** A place among the copies in flight. */
export interface Place {
  /** False where the bytes are too many, which leaves it as it is. */
  holds(bytes: number): boolean
  release(): void
}

/** Bounds what copies may hold: past it they are dropped, none waits. */
export class Places {
  readonly #elapsed: () => number
  readonly #lanes = new Map<string, Lane>()
  #bytes = 0
  #inFlight = 0

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Or why there is none. */
  take(contract: Contract): Place | ShadowDropReason {
    const key = `${contract.model}@v${contract.major}`
    const lane = this.#lanes.get(key) ?? { inFlight: 0, pausedUntil: Number.NEGATIVE_INFINITY, pausedFor: 'unasked' }
    if (this.#elapsed() < lane.pausedUntil) return lane.pausedFor
    if (lane.inFlight >= Math.min(inFlightMax, contract.limits.inFlightMax)) return 'full'
    this.#lanes.set(key, lane)
    lane.inFlight++
    this.#inFlight++
    let held = 0
    return {
      holds: (bytes) => {
        if (this.#bytes + bytes > bytesMax) return false
        this.#bytes += bytes
        held += bytes
        return true
      },
      release: () => {
        this.#bytes -= held
        lane.inFlight--
        this.#inFlight--
        if (lane.inFlight === 0 && lane.pausedUntil <= this.#elapsed()) this.#lanes.delete(key)
      },
    }
  }

  pause({ model, major }: Contract, why: ShadowDropReason): void {
    const lane = this.#lanes.get(`${model}@v${major}`)
    if (!lane) return
    lane.pausedUntil = this.#elapsed() + pauseMs
    lane.pausedFor = why
  }
}
