import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, operatorReason, publicError, toAstraError } from '../../kernel/errors.ts'
import type {
  Evaluate,
  Evaluation,
  EvaluationCase,
  EvaluationFilter,
  EvaluationProgress,
  EvaluationRow,
  EvaluationStatus,
  EvaluationStore,
} from '../../kernel/evaluation.ts'
import { evaluationsMax } from '../../kernel/evaluation.ts'
import { bytesOf } from '../sets/case-lines.ts'
import { checkBounds } from './bounds.ts'
import { withoutQuotes } from './without-quotes.ts'

/** What somebody asks for. */
export interface Wanted extends Omit<Evaluation, 'id' | 'time' | 'status' | 'cases'> {
  readonly cases: readonly EvaluationCase[]
  readonly concurrency?: number
}

export interface EvaluationPorts {
  readonly evaluate: Evaluate
  readonly store: EvaluationStore
  readonly clock: Pick<Clock, 'now' | 'id'>
  /** It could not be written, or broke down. */
  readonly failed: (id: string, reason: string) => void
}

/** Waiting, besides the one that runs; and all their cases together as JSON. */
const waitingMax = 10
const bytesMax = 32 * 2 ** 20

export interface EvaluationFacts {
  readonly running: number
  readonly waiting: number
  readonly ended: ReadonlyMap<EvaluationStatus, number>
}

interface Held {
  evaluation: Evaluation
  readonly wanted: Wanted
  readonly bytes: number
  readonly controller: AbortController
  /** Its set was deleted: its report quotes nothing. */
  unquoted?: true
  progress: EvaluationProgress
}

/** Evaluations in the background, one after the other. What has ended is in the store; what has not is here too. */
export class Evaluations {
  readonly #ports: EvaluationPorts
  /** The first is running. */
  readonly #held: Held[] = []
  /** Have their place, and begin when they are written: who is refused must not be evaluated all the same. */
  readonly #writing = new Map<Held, Promise<void>>()
  readonly #ended = new Map<EvaluationStatus, number>()
  #working: Promise<void> | undefined
  #closed = false

  constructor(ports: EvaluationPorts) {
    this.#ports = ports
  }

  /** Those that an earlier run of this gateway left say so. */
  async prepare(): Promise<void> {
    const rows = await this.#ports.store.list({ limit: evaluationsMax })
    for (const { id, status } of rows) {
      if (status !== 'queued' && status !== 'running') continue
      const left = await this.#ports.store.evaluation(id)
      if (left) await this.#ports.store.save({ ...left, status: 'interrupted', endedAt: this.#ports.clock.now() })
    }
  }

  async create(wanted: Wanted): Promise<Evaluation> {
    const bytes = await bytesOf(wanted.cases)
    if (this.#closed) throw new AstraError('stopping')
    this.#requirePlace(bytes)
    const { cases, concurrency: _, ...rest } = wanted
    const { id, now } = this.#ports.clock
    const evaluation: Evaluation = { ...rest, id: id(), time: now(), status: 'queued', cases: cases.length }
    const progress = { cases: cases.length, done: 0, failed: 0 }
    const held = { evaluation, wanted, bytes, controller: new AbortController(), progress }
    const written = this.#ports.store.save(evaluation).finally(() => this.#writing.delete(held))
    this.#writing.set(held, written)
    await written
    this.#held.push(held)
    this.#working ??= this.#work()
    return evaluation
  }

  #requirePlace(bytes: number): void {
    const taken = [...this.#held, ...this.#writing.keys()]
    const sum = taken.reduce((all, one) => all + one.bytes, bytes)
    if (taken.length <= waitingMax && (taken.length === 0 || sum <= bytesMax)) return
    throw new AstraError('conflict', {
      detail: `${taken.length - 1} evaluations wait already, which is as many or as much as may`,
      next: 'Wait until one has ended (GET /api/v1/evaluations), or cancel one.',
    })
  }

  /** How many there are now, and how many have ended since the start. */
  facts(): EvaluationFacts {
    const queued = this.#held.filter(({ evaluation }) => evaluation.status === 'queued').length
    return { running: this.#held.length - queued, waiting: queued + this.#writing.size, ended: this.#ended }
  }

  async evaluation(id: string): Promise<Evaluation | undefined> {
    return this.#held.find((one) => one.evaluation.id === id)?.evaluation ?? (await this.#ports.store.evaluation(id))
  }

  list(filter: EvaluationFilter): Promise<readonly EvaluationRow[]> {
    return this.#ports.store.list(filter)
  }

  /** Of one that has not ended. */
  progress(id: string): EvaluationProgress | undefined {
    return this.#held.find(({ evaluation }) => evaluation.id === id)?.progress
  }

  /** As far as it is: one that waits never begins, one that runs ends with what it has. Undefined where it is not known. */
  async cancel(id: string): Promise<Evaluation | undefined> {
    const held = this.#held.find(({ evaluation }) => evaluation.id === id)
    if (!held) return await this.#ports.store.evaluation(id)
    held.controller.abort()
    if (held.evaluation.status === 'queued') {
      this.#drop(id)
      await this.#end(held, { status: 'cancelled' })
    }
    return held.evaluation
  }

  /** With its report, for good. Whether there was one; rejects with `conflict` for one that has not ended. */
  async remove(id: string): Promise<boolean> {
    if (this.#held.some(({ evaluation }) => evaluation.id === id)) {
      throw new AstraError('conflict', {
        detail: `The evaluation "${id}" has not ended`,
        next: `Cancel it first: POST /api/v1/evaluations/${id}/cancel.`,
      })
    }
    return await this.#ports.store.remove(id)
  }

  /** Reports of evaluations on the set quote its cases no more: figures stay. */
  async forgetSet(set: string): Promise<void> {
    for (const held of [...this.#held, ...this.#writing.keys()]) if (held.evaluation.set === set) held.unquoted = true
    for (const row of await this.#ports.store.list({ limit: evaluationsMax })) {
      if (row.set !== set) continue
      const kept = await this.#ports.store.evaluation(row.id)
      if (kept?.report) await this.#ports.store.save({ ...kept, report: withoutQuotes(kept.report) })
    }
  }

  /** Begins nothing more; what runs ends with what it has, what waits is interrupted. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { controller } of this.#held) controller.abort()
    await Promise.allSettled(this.#writing.values())
    await this.#working
  }

  async #work(): Promise<void> {
    // Whoever asked for it has its answer first.
    await turn()
    for (;;) {
      const [next] = this.#held
      if (next === undefined) break
      if (this.#closed) await this.#end(next, { status: 'interrupted' })
      else await this.#run(next)
      this.#drop(next.evaluation.id)
    }
    this.#working = undefined
  }

  async #run(held: Held): Promise<void> {
    const { wanted, controller } = held
    const { clock, evaluate } = this.#ports
    await this.#save(held, { status: 'running', startedAt: clock.now() })
    try {
      const report = await evaluate({
        ...wanted,
        id: held.evaluation.id,
        signal: controller.signal,
        progress: (progress) => {
          held.progress = progress
        },
      })
      // Its calls are refused before `close` is asked for: the next one's would be, too.
      if (report.partial === 'stopping') this.#closed = true
      const bounds = checkBounds(wanted.require, report)
      const told = held.unquoted ? withoutQuotes(report) : report
      await this.#end(held, { status: this.#statusOf(report.partial), report: told, bounds })
    } catch (thrown) {
      const error = toAstraError(thrown)
      if (error.code === 'internal') this.#ports.failed(held.evaluation.id, operatorReason(error))
      const { code, detail } = publicError(error)
      await this.#end(held, { status: 'failed', fault: { code, detail } })
    }
  }

  #statusOf(partial: string | undefined): EvaluationStatus {
    if (partial === 'stopping' || (partial === 'cancelled' && this.#closed)) return 'interrupted'
    return partial === 'cancelled' ? 'cancelled' : 'done'
  }

  #end(held: Held, over: Partial<Evaluation> & Pick<Evaluation, 'status'>): Promise<void> {
    this.#ended.set(over.status, (this.#ended.get(over.status) ?? 0) + 1)
    return this.#save(held, { ...over, endedAt: this.#ports.clock.now() })
  }

  async #save(held: Held, over: Partial<Evaluation>): Promise<void> {
    held.evaluation = { ...held.evaluation, ...over }
    const { id } = held.evaluation
    await this.#ports.store
      .save(held.evaluation)
      .catch((thrown) => this.#ports.failed(id, operatorReason(toAstraError(thrown))))
  }

  #drop(id: string): void {
    const at = this.#held.findIndex(({ evaluation }) => evaluation.id === id)
    if (at >= 0) this.#held.splice(at, 1)
  }
}
