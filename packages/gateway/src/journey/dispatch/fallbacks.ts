import { AstraError } from '../../kernel/errors.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { type Leg, type LegPorts, legOf } from './leg.ts'

/** However long the chain, so that a failing model does not multiply its load without end. Retries there count too. */
const attemptsMax = 4

/** The versions that a call falls back on, in the contract's order, and the places that it holds at versions. */
export class Fallbacks {
  readonly #charged: ChargedCall
  readonly #ports: LegPorts
  readonly #held: (() => void)[]
  #at = 0
  #attempts = 0

  constructor(charged: ChargedCall, ports: LegPorts) {
    this.#charged = charged
    this.#ports = ports
    this.#held = [charged.release]
  }

  /** An attempt begins at a fallback. */
  count(): void {
    this.#attempts++
  }

  get isSpent(): boolean {
    return this.#attempts >= attemptsMax
  }

  /**
   * The next one that is not retired, has a place free, and can be asked for this; the call holds a place there from now on.
   * `alone`: no attempt runs at a version before it, whose places are given back.
   */
  next(alone: boolean): Leg | undefined {
    const { call, contract, version: assigned } = this.#charged
    // A pin means that version and no other.
    if (call.options.version !== undefined) return undefined
    while (!this.isSpent && this.#at < contract.fallback.length) {
      const version = contract.fallback[this.#at++]
      if (!version || version.id === assigned.id || version.state.retired) continue
      const leg = this.#leg(version)
      const release = leg && this.#charged.place(version)
      if (!release) continue
      if (alone) this.release()
      this.#held.push(release)
      return leg
    }
    return undefined
  }

  /** Gives every place back. */
  release(): void {
    for (const release of this.#held.splice(0)) release()
  }

  /** Undefined for a version that cannot be asked for what the request wants. */
  #leg(version: Leg['version']): Leg | undefined {
    try {
      return legOf(this.#charged, version, this.#ports)
    } catch (thrown) {
      if (thrown instanceof AstraError && skipped.has(thrown.code)) return undefined
      throw thrown
    }
  }
}

const skipped: ReadonlySet<string> = new Set(['unsupported', 'invalid_input'])
