import type { Contract } from '../../../kernel/catalog.ts'
import {
  type DriftDropReason,
  type DriftDrops,
  type DriftReports,
  type DriftStore,
  type Feature,
  hourMs,
} from '../../../kernel/drift.ts'
import { featuresOf } from '../../../kernel/drift-features.ts'
import type { Observable, Observation, Observer } from '../../../kernel/observation.ts'
import { Counts } from '../counts.ts'
import { FirstValues } from './first-values.ts'
import { measure } from './measure.ts'
import { type First, Sketches } from './sketches.ts'

/**
 * Counts what inputs and outputs are like: numbers and categories into mergeable sketches, by version and hour. Nothing of the calls
 * themselves is kept.
 */
export class Drift implements Observer {
  readonly #store: DriftStore
  readonly #sketches: Sketches
  readonly #firsts: FirstValues
  readonly #features = new WeakMap<Contract, readonly Feature[]>()
  readonly #drops = new Counts<Omit<DriftDrops, 'calls'>>()
  #touched = new Set<string>()

  /** `faulted`: what a call was counted for threw, in a turn of its own. */
  constructor(store: DriftStore, faulted: (thrown: unknown) => void) {
    this.#store = store
    this.#sketches = new Sketches(store)
    this.#firsts = new FirstValues(store, faulted)
  }

  get reports(): DriftReports {
    return {
      sums: async (query) => {
        await this.flush()
        return await this.#store.sums(query)
      },
      drops: () => this.#drops.all(),
    }
  }

  /** A pinned call tests a version and is no traffic. */
  concerns({ contract, call }: Observable): boolean {
    return contract.drift !== undefined && call.options.version === undefined
  }

  observed(seen: Observation): void {
    const { contract, record, version } = seen
    const { model, major, drift } = contract
    if (!drift) return
    const { values, unread } = measure(seen, this.#featuresOf(contract))
    for (const reason of unread) this.#dropped(contract, reason)
    if (!values) return
    this.#touched.add(`${model}@v${major}`)
    const of = { model, major, version: record.versionServed ?? version.id }
    const place = { ...of, hour: Math.floor(record.time / hourMs) }
    const count = (first?: First) => {
      if (!this.#sketches.count(place, this.#featuresOf(contract), values, first)) this.#dropped(contract, 'full')
    }
    // Where days are declared no call is a first one.
    if (drift.reference) count()
    else if (!this.#firsts.of(of, (filled) => count({ filled, most: drift.first }))) this.#dropped(contract, 'full')
  }

  missed({ contract }: Observable): void {
    this.#dropped(contract, 'full')
  }

  /** What was counted goes to the store; rejects where that does not take it, and keeps it for the next time. */
  flush(): Promise<void> {
    return this.#sketches.flush()
  }

  /** Contracts of which something was counted since this was asked last: "spam@v1". */
  touched(): ReadonlySet<string> {
    const touched = this.#touched
    this.#touched = new Set()
    return touched
  }

  #featuresOf(contract: Contract): readonly Feature[] {
    const known = this.#features.get(contract)
    if (known) return known
    // Two names of one thing are counted once.
    const features = [...new Map(featuresOf(contract).features.map((feature) => [feature.key, feature])).values()]
    this.#features.set(contract, features)
    return features
  }

  #dropped({ model, major }: Contract, reason: DriftDropReason): void {
    this.#drops.add({ model, major, reason })
  }
}
