import type { CircuitCounts } from '@astraapi/statistics'
import type { Clock } from '../../kernel/clock.ts'
import { type ExperimentState, holdsTraffic } from '../../kernel/experiment.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { CatalogControl, ExperimentChange } from '../operations/ports.ts'
import { Circuits } from './circuits.ts'
import { type Evaluation, evaluateCircuit } from './evaluate.ts'
import { nextChange } from './next-change.ts'

export interface BreakerPorts {
  readonly clock: Pick<Clock, 'now'>
  readonly catalogControl: Pick<CatalogControl, 'current'>
  /** Makes the change; false where somebody else was first, so that it is to be looked at again. Rejects where it can't be written. */
  readonly carryOut: (broken: Broken) => Promise<boolean>
  readonly failed: (name: string, thrown: unknown) => void
}

export interface Broken {
  readonly name: string
  readonly experiment: ExperimentState
  readonly evaluation: Evaluation
  readonly change: ExperimentChange
  /** Of the catalog that it was decided on. */
  readonly revision: number
}

/** It is tried again on a catalog that changed meanwhile, so often at once; then the next turn does. */
const triesMax = 3

/** Breaks the circuit of an arm that fails by the call that is one too many, without a store and without waiting for a turn. */
export class Breaker {
  readonly #ports: BreakerPorts
  readonly #circuits = new Circuits()
  readonly #breaking = new Set<string>()
  /** Those that could not be broken: the next turn tries again, not the next call that fails. */
  readonly #postponed = new Set<string>()

  constructor(ports: BreakerPorts) {
    this.#ports = ports
  }

  /** `begun`: what is new began just now; else it ran before this process did. */
  follow(running: Readonly<Record<string, ExperimentState>>, begun: boolean): void {
    this.#circuits.follow(running, begun)
  }

  /** Those of which it lacks what happened before they were followed. */
  withoutPast(): readonly string[] {
    return this.#circuits.withoutPast()
  }

  /** What the store knows of the time before it was followed, and what is known by now: of each arm the fuller counts. */
  with(name: string, stored: Readonly<Record<string, CircuitCounts>>): Readonly<Record<string, CircuitCounts>> {
    this.#circuits.seed(name, stored)
    // The store's are those of all gateways, and one batch behind.
    const seen = Object.entries(this.#circuits.of(name))
    const ahead = seen.filter(([arm, { calls }]) => calls > (ownEntry(stored, arm)?.calls ?? 0))
    return { ...stored, ...Object.fromEntries(ahead) }
  }

  /** A turn begins. */
  again(): void {
    this.#postponed.clear()
  }

  /** Takes a Record that is kept: synchronous, and nothing at all for a call outside experiments. Never throws. */
  note(record: CallRecord): void {
    const experiment = this.#circuits.note(record)
    if (experiment === undefined) return
    if (!this.#breaking.has(experiment) && !this.#postponed.has(experiment)) void this.#look(experiment)
  }

  async #look(name: string): Promise<void> {
    this.#breaking.add(name)
    try {
      for (let tries = 0; tries < triesMax; tries++) {
        const broken = this.#brokenNow(name)
        if (!broken || (await this.#ports.carryOut(broken))) return
      }
      this.#postponed.add(name)
    } catch (thrown) {
      this.#postponed.add(name)
      this.#ports.failed(name, thrown)
    } finally {
      this.#breaking.delete(name)
    }
  }

  /** One that only advises is left to the turns; one that is paused still has its traffic. */
  #brokenNow(name: string): Broken | undefined {
    const { revision, state } = this.#ports.catalogControl.current()
    const experiment = ownEntry(state.experiments ?? {}, name)
    if (!experiment || !holdsTraffic.has(experiment.progress.status) || experiment.plan.rule !== 'automatic')
      return undefined
    const now = this.#ports.clock.now()
    const evaluation = evaluateCircuit(experiment, this.#circuits.of(name), now)
    if (evaluation.decision.removed.length === 0) return undefined
    const change = nextChange(experiment, evaluation, now)
    return change && { name, experiment, evaluation, change, revision }
  }
}
