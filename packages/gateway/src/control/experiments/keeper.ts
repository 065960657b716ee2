import type { ExperimentState } from '../../kernel/experiment.ts'
import type { Evaluation } from './evaluate.ts'
import { type History, pointOf, withPoint } from './history.ts'
import { type Kept, readKept, type Settings, saveHistory, saveLatest } from './kept.ts'

interface OwnHistory {
  readonly startedAt: number | undefined
  readonly history: History
  /** Whether the store has it as it is. */
  readonly saved: boolean
}

/** Reads and writes what is kept of evaluations. A history is held in memory too, as its latest point is not written each time. */
export class Keeper {
  readonly #settings: Settings
  readonly #histories = new Map<string, OwnHistory>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async read(name: string, startedAt: number | undefined): Promise<Kept> {
    const kept = await readKept(this.#settings, name, startedAt)
    const own = this.#histories.get(name)
    return own && own.startedAt === startedAt ? { ...kept, history: own.history } : kept
  }

  /** `before`: as it was read. */
  async keep(name: string, { progress }: ExperimentState, before: Kept, evaluation: Evaluation): Promise<void> {
    const { startedAt } = progress
    await saveLatest(this.#settings, name, startedAt, evaluation)
    const point = pointOf(evaluation.analysis, evaluation.time, evaluation.elapsedMs)
    const latest = before.history.points.at(-1)
    if (latest && JSON.stringify(latest.candidates) === JSON.stringify(point.candidates)) return
    const history = withPoint(before.history, point)
    // Where a point came to stay, not each time the latest is replaced.
    const grew = history.points.length !== before.history.points.length
    this.#histories.set(name, { startedAt, history, saved: grew })
    if (grew) await saveHistory(this.#settings, name, startedAt, history)
  }

  /** Of which it holds anything. */
  names(): readonly string[] {
    return [...this.#histories.keys()]
  }

  /** It is over: what was not worth writing each time is written now. */
  async end(name: string): Promise<void> {
    const own = this.#histories.get(name)
    this.#histories.delete(name)
    if (own && !own.saved) await saveHistory(this.#settings, name, own.startedAt, own.history)
  }
}
