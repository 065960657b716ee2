import { type CircuitCounts, circuitWindow } from '@astraapi/statistics'
import { armFailed } from '../../kernel/arm-outcome.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import type { CallRecord } from '../../kernel/record.ts'

interface Arm {
  calls: number
  serverErrors: number
  /** The latest, oldest first, at most `circuitWindow`. */
  readonly recentFailures: boolean[]
}

interface Circuit {
  /** Of the experiment that it belongs to: another of the same name begins anew. */
  readonly startedAt: number | undefined
  readonly contract: string
  readonly arms: Map<string, Arm>
  seeded: boolean
}

/**
 * The latest calls of each arm as this gateway saw them, in memory, so that an arm that fails is found by the call that is one too many
 * and not at the next evaluation. As many as there are experiments that run, with their arms; the store has them for good.
 */
export class Circuits {
  readonly #byExperiment = new Map<string, Circuit>()

  /** Forgets those that do not run. `begun`: those that are new began just now, so that there is no past to know. */
  follow(running: Readonly<Record<string, ExperimentState>>, begun: boolean): void {
    for (const name of this.#byExperiment.keys()) if (!Object.hasOwn(running, name)) this.#byExperiment.delete(name)
    for (const [name, { progress, model, major }] of Object.entries(running)) {
      const { startedAt } = progress
      if (this.#byExperiment.get(name)?.startedAt === startedAt && this.#byExperiment.has(name)) continue
      this.#byExperiment.set(name, { startedAt, contract: contractOf(model, major), arms: new Map(), seeded: begun })
    }
  }

  /** Those of which it lacks what happened before they were followed. */
  withoutPast(): readonly string[] {
    return [...this.#byExperiment].filter(([, { seeded }]) => !seeded).map(([name]) => name)
  }

  /**
   * What happened before, by the store: once. Where it comes after calls were noted, it may hold them, too: so of each arm the fuller counts
   * are kept, and never the sum.
   */
  seed(experiment: string, past: Readonly<Record<string, CircuitCounts>>): void {
    const circuit = this.#byExperiment.get(experiment)
    if (!circuit || circuit.seeded) return
    circuit.seeded = true
    for (const [name, { calls, serverErrors, recentFailures }] of Object.entries(past)) {
      if (calls <= (circuit.arms.get(name)?.calls ?? 0)) continue
      circuit.arms.set(name, { calls, serverErrors, recentFailures: recentFailures.slice(-circuitWindow) })
    }
  }

  /** Takes a call to account; where its arm failed, the experiment. */
  note(record: CallRecord): string | undefined {
    const { experiment, arm: name } = record.enrolment ?? this.#withoutEvidence(record) ?? {}
    const circuit = experiment === undefined ? undefined : this.#byExperiment.get(experiment)
    if (!circuit || name === undefined) return undefined
    const failed = armFailed(record, name)
    if (failed === undefined) return undefined
    const arm = armOf(circuit, name)
    arm.calls++
    if (failed) arm.serverErrors++
    arm.recentFailures.push(failed)
    if (arm.recentFailures.length > circuitWindow) arm.recentFailures.shift()
    return failed ? experiment : undefined
  }

  /** Whose unit met an arm while its experiment was paused: no evidence, yet an arm that fails is to be found all the same. */
  #withoutEvidence({ assignReason, model, major, versionAssigned }: CallRecord) {
    if (assignReason !== 'experiment' || versionAssigned === undefined) return undefined
    const contract = contractOf(model, major)
    for (const [experiment, circuit] of this.#byExperiment) {
      if (circuit.contract === contract) return { experiment, arm: versionAssigned }
    }
    return undefined
  }

  of(experiment: string): Readonly<Record<string, CircuitCounts>> {
    const circuit = this.#byExperiment.get(experiment)
    return Object.fromEntries([...(circuit?.arms ?? [])].map(([name, arm]) => [name, { ...arm }]))
  }
}

const contractOf = (model: string, major: number | undefined): string => `${model}@${major}`

/** Arms are those that Records were assigned to, and so of the catalog: bounded. */
function armOf({ arms }: Circuit, name: string): Arm {
  let arm = arms.get(name)
  if (!arm) {
    arm = { calls: 0, serverErrors: 0, recentFailures: [] }
    arms.set(name, arm)
  }
  return arm
}
