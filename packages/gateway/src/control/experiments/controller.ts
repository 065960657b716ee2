import type { CircuitCounts } from '@astraapi/statistics'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import { type EvidenceReports, type ExperimentState, holdsTraffic } from '../../kernel/experiment.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { CatalogControl, ExperimentChange } from '../operations/ports.ts'
import { Circuits } from './circuits.ts'
import { type Evaluation, evaluate, evaluateCircuit, verdictText } from './evaluate.ts'
import { type History, pointOf, withPoint } from './history.ts'
import { readKept, type Settings, saveHistory, saveLatest } from './kept.ts'
import { controllerActor, type MadeChange } from './made-change.ts'
import { nextChange } from './next-change.ts'

export interface ControllerPorts {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly catalogControl: Pick<CatalogControl, 'current' | 'changeExperiment'>
  readonly reports: EvidenceReports
  readonly settings: Settings
  /** A decision was carried out: for log and audit. */
  readonly changed: (made: MadeChange) => void
  /** An experiment that only advises has other advice than before. */
  readonly advised: (name: string, text: string) => void
  readonly failed: (name: string, reason: string) => void
}

/** How evaluations fare, for metrics and for the status. */
export interface ControllerFacts {
  /** By experiment: how long the last evaluation took, ms, and why it failed if it did. */
  readonly evaluations: ReadonlyMap<string, { readonly tookMs: number; readonly fault?: string | undefined }>
  /** By experiment, then by what was done. */
  readonly decisions: ReadonlyMap<string, ReadonlyMap<ExperimentChange['action'], number>>
  /** By experiment. */
  readonly units: ReadonlyMap<string, Readonly<Record<string, number>>>
  /** Turns left out as the one before was still going on. */
  readonly skipped: number
}

/** A broken circuit is tried again against a catalog that changed meanwhile, so often at once; then the next turn does. */
const breakTries = 3

/**
 * Decides experiments: at every turn it reads the evidence of each that runs, analyses it and carries out what the decision table says, as
 * a change of the catalog made against the revision that it looked at. So of several controllers, or of one that died half-way and its
 * successor, one decides. It holds no evidence; what it keeps in memory makes it quicker and may be lost.
 */
export class ExperimentController {
  readonly #ports: ControllerPorts
  readonly #circuits = new Circuits()
  readonly #histories = new Map<string, { readonly startedAt: number | undefined; readonly history: History }>()
  readonly #breaking = new Set<string>()
  /** Those whose breaking failed: the next turn tries again, not the next failed call. */
  readonly #unbroken = new Set<string>()
  readonly #evaluations = new Map<string, { tookMs: number; fault?: string | undefined }>()
  readonly #decisions = new Map<string, Map<ExperimentChange['action'], number>>()
  readonly #units = new Map<string, Readonly<Record<string, number>>>()
  #turn: Promise<void> | undefined
  #skipped = 0
  #closed = false

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.follow()
  }

  /** The catalog changed: calls of an experiment that has just begun are noted from the first on. */
  follow(): void {
    const running = this.#running()
    this.#circuits.follow(running)
    for (const kept of [this.#histories, this.#evaluations, this.#units]) {
      for (const name of kept.keys()) if (!Object.hasOwn(running, name)) kept.delete(name)
    }
  }

  /** Takes a Record that is kept. Synchronous, and nothing at all for a call outside experiments. */
  note(record: CallRecord): void {
    if (record.enrolment === undefined || !this.#circuits.note(record)) return
    const { experiment } = record.enrolment
    if (!this.#unbroken.has(experiment)) void this.#break(experiment)
  }

  /** One turn: every experiment that runs, one after the other. While one goes on, another is left out. Never rejects. */
  turn(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    if (this.#turn) {
      this.#skipped++
      return this.#turn
    }
    this.#turn = this.#evaluateAll().finally(() => {
      this.#turn = undefined
    })
    return this.#turn
  }

  facts(): ControllerFacts {
    return {
      evaluations: this.#evaluations,
      decisions: this.#decisions,
      units: this.#units,
      skipped: this.#skipped,
    }
  }

  /** Begins nothing more, and waits for what is going on. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#turn
  }

  #running(): Readonly<Record<string, ExperimentState>> {
    const all = Object.entries(this.#ports.catalogControl.current().state.experiments ?? {})
    return Object.fromEntries(all.filter(([, { progress }]) => holdsTraffic.has(progress.status)))
  }

  async #evaluateAll(): Promise<void> {
    this.follow()
    this.#unbroken.clear()
    for (const name of Object.keys(this.#running())) {
      if (this.#closed) return
      const began = this.#ports.clock.elapsed()
      const fault = await this.#evaluate(name).then(() => undefined, reasonOf)
      if (fault !== undefined) this.#ports.failed(name, fault)
      this.#evaluations.set(name, { tookMs: this.#ports.clock.elapsed() - began, fault })
    }
  }

  async #evaluate(name: string): Promise<void> {
    const { clock, catalogControl, reports, settings } = this.#ports
    const { revision, state } = catalogControl.current()
    const experiment = ownEntry(state.experiments ?? {}, name)
    if (!experiment || !holdsTraffic.has(experiment.progress.status)) return
    const { startedAt } = experiment.progress
    const now = clock.now()
    const [kept, evidence, stored] = await Promise.all([
      readKept(settings, name, startedAt),
      reports.evidence(name, experiment.metrics, now),
      reports.circuit(name),
    ])
    if (this.#circuits.lacksPast(name)) this.#circuits.seed(name, stored)
    const circuit = fuller(stored, this.#circuits.of(name))
    const running = kept.latest?.analysis.running ?? {}
    const evaluation = evaluate(experiment, { evidence, circuit, running, now })
    this.#units.set(name, evaluation.analysis.candidates[0]?.sampleRatio.counts ?? {})
    // Before it is acted upon: what was seen once must not be forgotten.
    await saveLatest(settings, name, startedAt, evaluation)
    await this.#keepHistory(name, startedAt, kept.history, evaluation)
    const change = nextChange(experiment, evaluation, now)
    if (change) await this.#carryOut(name, experiment, change, revision)
    else if (isNews(kept.latest, evaluation)) this.#ports.advised(name, verdictText(evaluation))
  }

  /** Written where a point came to stay, not each time the latest is replaced. */
  async #keepHistory(name: string, startedAt: number | undefined, stored: History, evaluation: Evaluation) {
    const own = this.#histories.get(name)
    const before = own && own.startedAt === startedAt ? own.history : stored
    const point = pointOf(evaluation.analysis, evaluation.time, evaluation.elapsedMs)
    const latest = before.points.at(-1)
    if (latest && JSON.stringify(latest.candidates) === JSON.stringify(point.candidates)) return
    const history = withPoint(before, point)
    this.#histories.set(name, { startedAt, history })
    if (history.points.length !== before.points.length) {
      await saveHistory(this.#ports.settings, name, startedAt, history)
    }
  }

  #isBroken(name: string): boolean {
    const experiment = ownEntry(this.#ports.catalogControl.current().state.experiments ?? {}, name)
    if (experiment?.progress.status !== 'running' || experiment.plan.rule !== 'automatic') return false
    const { decision } = evaluateCircuit(experiment, this.#circuits.of(name), this.#ports.clock.now())
    return decision.removed.length > 0
  }

  /** At once, on what is known of the latest calls alone. */
  async #break(name: string): Promise<void> {
    if (this.#breaking.has(name) || this.#closed) return
    this.#breaking.add(name)
    try {
      // Nearly always nothing is broken, and this ends in the same turn of the event loop.
      for (let tries = 0; tries < breakTries; tries++) if (await this.#broken(name)) return
      this.#unbroken.add(name)
    } catch (thrown) {
      this.#unbroken.add(name)
      this.#ports.failed(name, reasonOf(thrown))
    } finally {
      this.#breaking.delete(name)
    }
  }

  /** Whether nothing is left to be done. */
  async #broken(name: string): Promise<boolean> {
    const { revision, state } = this.#ports.catalogControl.current()
    const experiment = ownEntry(state.experiments ?? {}, name)
    if (!experiment || !this.#isBroken(name)) return true
    const now = this.#ports.clock.now()
    const change = nextChange(experiment, evaluateCircuit(experiment, this.#circuits.of(name), now), now)
    return change === undefined || (await this.#carryOut(name, experiment, change, revision))
  }

  /** False where somebody else was first: what was decided may hold no more. */
  async #carryOut(name: string, before: ExperimentState, change: ExperimentChange, revision: number): Promise<boolean> {
    try {
      const ifMatch = [String(revision)]
      const set = await this.#ports.catalogControl.changeExperiment(name, change, ifMatch, controllerActor)
      this.#count(name, change)
      this.#ports.changed({ name, change, before, after: set.experiment, revision: set.revision })
      return true
    } catch (thrown) {
      if (isOvertaken(thrown)) return false
      throw thrown
    }
  }

  #count(name: string, { action }: ExperimentChange): void {
    const counts = this.#decisions.get(name) ?? new Map<ExperimentChange['action'], number>()
    counts.set(action, (counts.get(action) ?? 0) + 1)
    this.#decisions.set(name, counts)
  }
}

const overtaken: ReadonlySet<string> = new Set(['precondition_failed', 'conflict'])

const isOvertaken = (thrown: unknown): boolean => thrown instanceof AstraError && overtaken.has(thrown.code)

const reasonOf = (thrown: unknown): string => operatorReason(toAstraError(thrown))

/** Other advice than before; none is no news. */
function isNews(before: Evaluation | undefined, { decision }: Evaluation): boolean {
  return decision.action !== 'hold' && decision.action !== before?.decision.action
}

/** Of each arm the counts that know of more calls: the store's are those of all gateways, and one batch behind. */
function fuller(
  stored: Readonly<Record<string, CircuitCounts>>,
  seen: Readonly<Record<string, CircuitCounts>>,
): Readonly<Record<string, CircuitCounts>> {
  const ahead = Object.entries(seen).filter(([arm, { calls }]) => calls > (ownEntry(stored, arm)?.calls ?? 0))
  return { ...stored, ...Object.fromEntries(ahead) }
}
