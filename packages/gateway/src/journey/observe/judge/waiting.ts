import type { Judge } from '../../../kernel/contract-policies.ts'
import type { FeedbackMetric } from '../../../kernel/experiment.ts'
import type { JudgeDropReason, JudgeSubject } from '../../../kernel/judge.ts'
import type { Given } from './given-to.ts'

/** Judgements that wait to be asked for, of one judge and of all together: one that hangs leaves room for the others. */
const waitingMax = 64
const waitingOfAllMax = 256
const bytesMax = 32 * 1024 * 1024
/** Asked at once, of one judge; after a refusal one, and one more for so many that were answered: a limit frees little at a time. */
const atOnceMax = 4
const answersPerMore = 8

/** One judgement to be asked for. */
export interface Judgement {
  readonly subject: JudgeSubject
  readonly judge: Judge
  readonly metric: FeedbackMetric
  readonly given: Given
  /** Id of the call that is judged. */
  readonly call: string
  readonly timeoutMs: number
  /** About what `given` holds. */
  readonly bytes: number
}

interface Lane {
  readonly waiting: Judgement[]
  running: number
  atOnce: number
  pausedUntil: number
  pausedFor: JudgeDropReason
}

/** Who is asked next: a line for each judge, all of them bounded together. Past the bounds nothing waits. */
export class Waiting {
  readonly #elapsed: () => number
  readonly #lanes = new Map<string, Lane>()
  #count = 0
  #bytes = 0
  #running = 0

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  get count(): number {
    return this.#count
  }

  get running(): number {
    return this.#running
  }

  /** Why nothing more of this judge may wait; undefined where it may. */
  refusal(judge: string, bytes = 0): JudgeDropReason | undefined {
    const lane = this.#lanes.get(judge)
    if (lane && lane.waiting.length === 0 && this.#elapsed() < lane.pausedUntil) return lane.pausedFor
    const many = (lane?.waiting.length ?? 0) >= waitingMax || this.#count >= waitingOfAllMax
    return many || this.#bytes + bytes > bytesMax ? 'full' : undefined
  }

  add(one: Judgement, where: 'first' | 'last' = 'last'): void {
    const lane = this.#laneOf(one.subject.judge)
    if (where === 'last') lane.waiting.push(one)
    else lane.waiting.unshift(one)
    this.#count++
    this.#bytes += one.bytes
  }

  /** What may be asked for now; `done` must follow. */
  next(judge: string): Judgement | undefined {
    const lane = this.#lanes.get(judge)
    if (!lane || lane.running >= Math.floor(lane.atOnce) || this.#elapsed() < lane.pausedUntil) return undefined
    const one = this.#take(lane)
    if (!one) return undefined
    lane.running++
    this.#running++
    return one
  }

  done(judge: string): void {
    const lane = this.#laneOf(judge)
    lane.atOnce = Math.min(atOnceMax, lane.atOnce + 1 / answersPerMore)
    lane.running--
    this.#running--
    if (lane.running === 0 && lane.waiting.length === 0 && lane.pausedUntil <= this.#elapsed()) {
      this.#lanes.delete(judge)
    }
  }

  pause(judge: string, forMs: number, why: JudgeDropReason): void {
    const lane = this.#laneOf(judge)
    lane.pausedUntil = this.#elapsed() + forMs
    lane.pausedFor = why
    lane.atOnce = 1
  }

  /** How long what waits for a judge must wait yet; 0 where it need not, or nothing waits. */
  pausedMs(judge: string): number {
    const lane = this.#lanes.get(judge)
    return lane && lane.waiting.length > 0 ? Math.max(0, lane.pausedUntil - this.#elapsed()) : 0
  }

  /** Lets go of what waits for a judge, or for all of them. */
  drain(judge?: string): readonly Judgement[] {
    const lanes = judge === undefined ? [...this.#lanes.values()] : [this.#laneOf(judge)]
    return lanes.flatMap((lane) => {
      const all: Judgement[] = []
      for (let one = this.#take(lane); one; one = this.#take(lane)) all.push(one)
      return all
    })
  }

  #take(lane: Lane): Judgement | undefined {
    const one = lane.waiting.shift()
    if (!one) return undefined
    this.#count--
    this.#bytes -= one.bytes
    return one
  }

  #laneOf(judge: string): Lane {
    const known = this.#lanes.get(judge)
    if (known) return known
    const never = Number.NEGATIVE_INFINITY
    const lane: Lane = { waiting: [], running: 0, atOnce: atOnceMax, pausedUntil: never, pausedFor: 'limits' }
    this.#lanes.set(judge, lane)
    return lane
  }
}
