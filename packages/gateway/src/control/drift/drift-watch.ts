import type { Catalog, Contract } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { DriftKept, DriftStore } from '../../kernel/drift.ts'
import { hourMs } from '../../kernel/drift.ts'
import { operatorReason, toAstraError } from '../../kernel/errors.ts'
import { steadyTime } from '../../kernel/steady-time.ts'
import type { DriftLooks } from './drift-looks.ts'
import { type FoundDrift, referenceHours } from './evaluate-drift.ts'

/** A contract is looked at this often at most: once at the start, and then where it was called since, or something drifts in it. */
const everyMs = 60_000
/** Hours that are no reference are kept for so long. */
const keepHours = 90 * 24

export interface DriftWatchPorts {
  readonly catalog: () => Catalog
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly looks: Pick<DriftLooks, 'of'>
  readonly store: Pick<DriftStore, 'forget'>
  /** Contracts that were called since this was asked last. */
  readonly touched: () => ReadonlySet<string>
  readonly tell: (message: string, facts: object) => void
}

/** Looks at the contracts in turn, one at each step, and tells what begins and what stops to drift. */
export class DriftWatch {
  readonly #ports: DriftWatchPorts
  /** By contract, "spam@v1": what drifts, as "1.0 input.text.length". */
  readonly #drifting = new Map<string, ReadonlySet<string>>()
  readonly #lookedAt = new Map<string, number>()
  readonly #due = new Set<string>()
  readonly #isSteady: () => boolean
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(ports: DriftWatchPorts) {
    this.#ports = ports
    this.#isSteady = steadyTime(ports.clock)
  }

  /** How many features drift, of contracts that were looked at. */
  counts(): readonly { readonly model: string; readonly major: number; readonly features: number }[] {
    return this.#watched().flatMap((contract) => {
      const drifting = this.#drifting.get(nameOf(contract))
      if (!drifting) return []
      const features = new Set([...drifting].map((one) => one.slice(one.indexOf(' ') + 1)))
      return [{ model: contract.model, major: contract.major, features: features.size }]
    })
  }

  /** Looks at the contract that is due, if any. */
  async step(): Promise<void> {
    const now = this.#ports.clock.elapsed()
    for (const name of this.#ports.touched()) this.#due.add(name)
    const watched = this.#watched()
    if (watched.length > 0 && now - this.#sweptAt >= hourMs && this.#isSteady()) {
      this.#sweptAt = now
      await this.#sweep(watched)
    }
    const next = this.#nextOf(watched, now)
    if (!next) return
    const name = nameOf(next)
    this.#lookedAt.set(name, now)
    this.#due.delete(name)
    try {
      const { found } = await this.#ports.looks.of(next)
      if (found) this.#tell(name, found)
    } catch (thrown) {
      this.#due.add(name)
      this.#ports.tell('drift could not be looked at', { contract: name, reason: operatorReason(toAstraError(thrown)) })
    }
  }

  /** Of those that are due, the one that has waited longest. */
  #nextOf(watched: readonly Contract[], now: number): Contract | undefined {
    const never = Number.NEGATIVE_INFINITY
    const lookedAt = (contract: Contract) => this.#lookedAt.get(nameOf(contract)) ?? never
    const due = watched.filter((contract) => {
      const name = nameOf(contract)
      const at = lookedAt(contract)
      return at === never || (now - at >= everyMs && (this.#due.has(name) || (this.#drifting.get(name)?.size ?? 0) > 0))
    })
    return due.toSorted((a, b) => lookedAt(a) - lookedAt(b))[0]
  }

  #watched(): readonly Contract[] {
    const { catalog } = this.#ports
    return Object.entries(catalog().state.models).flatMap(([name, { contracts }]) =>
      Object.entries(contracts).flatMap(([major, { drift }]) => {
        const contract = drift && catalog().model(name)?.contracts.get(Number(major))
        return contract ? [contract] : []
      }),
    )
  }

  /** What is not known just now neither begins nor stops. */
  #tell(contract: string, { versions }: FoundDrift): void {
    const before = this.#drifting.get(contract) ?? new Set<string>()
    const drifting = new Set<string>()
    for (const { version, features } of versions) {
      for (const { feature, found } of features) {
        const name = `${version} ${feature.name}`
        const did = before.has(name)
        if (found.outcome === 'drifted' || (found.outcome === 'unknown' && did)) drifting.add(name)
        if (drifting.has(name) === did) continue
        const facts = { contract, version, feature: feature.name, why: found.reason }
        this.#ports.tell(did ? 'a feature drifts no more' : 'a feature drifts', facts)
      }
    }
    this.#drifting.set(contract, drifting)
  }

  async #sweep(watched: readonly Contract[]): Promise<void> {
    const before = Math.floor(this.#ports.clock.now() / hourMs) - keepHours
    try {
      await this.#ports.store.forget(before, watched.map(keptOf))
    } catch (thrown) {
      this.#ports.tell('old sketches of drift are not removed yet', { reason: operatorReason(toAstraError(thrown)) })
    }
  }
}

function nameOf({ model, major }: Contract): string {
  return `${model}@v${major}`
}

function keptOf({ model, major, versions, drift }: Contract): DriftKept {
  const reference = drift && referenceHours(drift)
  return { model, major, versions: [...versions.keys()], ...(reference ? { reference } : {}) }
}
