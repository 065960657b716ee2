import type { Clock } from '../../kernel/clock.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import { type EvidenceReports, type ExperimentState, holdsTraffic } from '../../kernel/experiment.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { CatalogControl, ExperimentChange } from '../operations/ports.ts'
import { Breaker, type Broken } from './breaker.ts'
import { type Evaluation, evaluate, runNamed, verdictText, withCircuit } from './evaluate.ts'
import { Keeper } from './keeper.ts'
import type { Kept, Settings } from './kept.ts'
import { controllerActor, type MadeChange } from './made-change.ts'
import { nextChange } from './next-change.ts'
import { nextShares } from './next-shares.ts'

export interface ControllerPorts {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly catalogControl: Pick<CatalogControl, 'current' | 'changeExperiment'>
  readonly reports: EvidenceReports
  readonly settings: Settings
  /** How often turns come. */
  readonly everyMs: number
  /** A decision was carried out: for log and audit. */
  readonly changed: (made: MadeChange) => void
  /** An experiment that only advises has other advice than before. */
  readonly advised: (name: string, text: string) => void
  readonly failed: (name: string, reason: string) => void
}

/** How evaluations fare, for metrics and for the status. */
export interface ControllerFacts {
  /** By experiment: how long the last evaluation took, ms, and why it failed if it did. */
  readonly evaluations: ReadonlyMap<string, { readonly tookMs: number; readonly fault: string | undefined }>
  /** By experiment, then by what was done. */
  readonly decisions: ReadonlyMap<string, ReadonlyMap<ExperimentChange['action'], number>>
  /** By experiment, then by version. */
  readonly units: ReadonlyMap<string, Readonly<Record<string, number>>>
  /** Turns left out as the one before was still going on. */
  readonly skipped: number
}

/** The store's reader has other things to tell, too: an experiment of very many units gets a fifth of its time at most. */
const rest = { fromMs: 1000, factor: 5 } as const
/** Turns that may fail or be missed before what a step of a ramp does counts as not seen. */
const missedMax = 3
/** From a call's end until its Record is in the store, which takes a batch's interval. */
const recordMs = 1000

/**
 * Decides experiments: at every turn it reads the evidence of each that runs, analyses it and carries out what the decision table says, as
 * a change of the catalog made against the revision that it looked at. So of several controllers, or of one that died half-way and its
 * successor, one decides. It holds no evidence; what it keeps in memory makes it quicker and may be lost.
 */
export class ExperimentController {
  readonly #ports: ControllerPorts
  readonly #breaker: Breaker
  readonly #keeper: Keeper
  readonly #evaluations = new Map<string, { tookMs: number; fault: string | undefined; nextAt: number }>()
  readonly #decisions = new Map<string, Map<ExperimentChange['action'], number>>()
  readonly #units = new Map<string, Readonly<Record<string, number>>>()
  #turn: Promise<void> | undefined
  #skipped = 0
  #closed = false

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.#keeper = new Keeper(ports.settings)
    this.#breaker = new Breaker({
      ...ports,
      carryOut: (broken) => this.#breakNow(broken),
      failed: (name, thrown) => ports.failed(name, reasonOf(thrown)),
    })
    this.#breaker.follow(this.#running(), false)
  }

  /** Before the first call comes: what the latest calls were before a restart. Where it fails, a turn makes up for it. */
  async prepare(): Promise<void> {
    for (const name of this.#breaker.withoutPast()) {
      const experiment = this.#running()[name]
      if (!experiment) continue
      await this.#ports.reports.circuit(runNamed(name, experiment)).then(
        (stored) => this.#breaker.with(name, stored),
        (thrown) => this.#ports.failed(name, reasonOf(thrown)),
      )
    }
  }

  /** The catalog changed: calls of an experiment that has just begun are noted from the first on. */
  follow(): void {
    const running = this.#running()
    this.#breaker.follow(running, true)
    for (const name of this.#keeper.names()) {
      if (Object.hasOwn(running, name)) continue
      this.#keeper.end(name).catch((thrown) => this.#ports.failed(name, reasonOf(thrown)))
    }
    for (const kept of [this.#evaluations, this.#units]) {
      for (const name of kept.keys()) if (!Object.hasOwn(running, name)) kept.delete(name)
    }
    const all = this.#ports.catalogControl.current().state.experiments ?? {}
    for (const name of this.#decisions.keys()) if (!Object.hasOwn(all, name)) this.#decisions.delete(name)
  }

  /** Takes a Record that is kept. */
  note(record: CallRecord): void {
    if (!this.#closed) this.#breaker.note(record)
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

  kept(name: string, startedAt: number): Promise<Kept> {
    return this.#keeper.read(name, startedAt)
  }

  facts(): ControllerFacts {
    return { evaluations: this.#evaluations, decisions: this.#decisions, units: this.#units, skipped: this.#skipped }
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
    this.#breaker.again()
    for (const name of Object.keys(this.#running())) {
      if (this.#closed) return
      const began = this.#ports.clock.elapsed()
      if (began < (this.#evaluations.get(name)?.nextAt ?? 0)) continue
      const fault = await this.#evaluate(name).then(() => undefined, reasonOf)
      if (fault !== undefined) this.#ports.failed(name, fault)
      const tookMs = this.#ports.clock.elapsed() - began
      this.#evaluations.set(name, { tookMs, fault, nextAt: tookMs < rest.fromMs ? 0 : began + rest.factor * tookMs })
    }
  }

  async #evaluate(name: string): Promise<void> {
    const { clock, catalogControl, reports } = this.#ports
    const { revision, state } = catalogControl.current()
    const experiment = ownEntry(state.experiments ?? {}, name)
    if (!experiment || !holdsTraffic.has(experiment.progress.status)) return
    const now = clock.now()
    const run = runNamed(name, experiment)
    const [kept, evidence, stored] = await Promise.all([
      this.#keeper.read(name, run.startedAt),
      reports.evidence(run, experiment.metrics, now - this.#settleMs(experiment)),
      reports.circuit(run),
    ])
    const circuit = this.#breaker.with(name, stored)
    // Somebody ended it meanwhile: what it was ended by is not to be overwritten.
    if (!holdsTraffic.has(this.#statusOf(name))) return
    const seen = { before: kept.latest, gapMaxMs: this.#gapMaxMs(name) }
    const running = kept.latest?.analysis.running ?? {}
    const evaluation = evaluate(experiment, { evidence, circuit, running, now, seen })
    this.#units.set(name, evaluation.analysis.candidates[0]?.sampleRatio.counts ?? {})
    // Before it is acted upon: what was seen once must not be forgotten.
    await this.#keeper.keep(name, experiment, kept, evaluation)
    const change = nextChange(experiment, evaluation, now) ?? nextShares(experiment, evaluation, evidence)
    if (change) await this.#carryOut(name, experiment, change, revision)
    else if (isNews(kept.latest, evaluation)) this.#ports.advised(name, verdictText(evaluation))
  }

  /**
   * How long a call that began within its unit's window may go on after it, and its Record be on its way. Whoever declares a window shorter
   * than the time limit does not wait for the slowest calls.
   */
  #settleMs({ model, major, attributionMs }: ExperimentState): number {
    const contract = this.#ports.catalogControl.current().model(model)?.contracts.get(major)
    return Math.min(contract?.limits.timeoutMs ?? 0, attributionMs) + recordMs
  }

  /** What is read slowly is looked at more rarely. */
  #gapMaxMs(name: string): number {
    return missedMax * this.#ports.everyMs + rest.factor * (this.#evaluations.get(name)?.tookMs ?? 0)
  }

  #statusOf(name: string): ExperimentState['progress']['status'] {
    return ownEntry(this.#ports.catalogControl.current().state.experiments ?? {}, name)?.progress.status ?? 'stopped'
  }

  async #breakNow({ name, experiment, evaluation, change, revision }: Broken): Promise<boolean> {
    if (!(await this.#carryOut(name, experiment, change, revision))) return false
    // It is done; a report that tells less than it might is no reason to do it again.
    const { startedAt } = experiment.progress
    await this.#keeper
      .read(name, startedAt)
      .then((kept) => this.#keeper.keep(name, experiment, kept, withCircuit(kept.latest, evaluation)))
      .then(() => this.#keeper.end(name))
      .catch((thrown) => this.#ports.failed(name, reasonOf(thrown)))
    return true
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
      if (thrown instanceof AstraError && overtaken.has(thrown.code)) return false
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

const reasonOf = (thrown: unknown): string => operatorReason(toAstraError(thrown))

/** Other advice than before; none is no news, but that nothing can be done as the control fails. */
function isNews(before: Evaluation | undefined, now: Evaluation): boolean {
  const told = toldBy(now)
  return told !== 'hold' && told !== (before && toldBy(before))
}

function toldBy({ decision: { action, decisions } }: Evaluation): string {
  const controlFails = decisions.some(({ reasons }) => reasons.some(({ code }) => code === 'control-failing'))
  return action === 'hold' && controlFails ? 'control-failing' : action
}
