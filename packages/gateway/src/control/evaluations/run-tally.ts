import type { Version } from '../../kernel/catalog.ts'
import type { EvaluationReport, EvaluationRun } from '../../kernel/evaluation.ts'
import type { OwnAnswer } from '../../kernel/own-call.ts'
import type { AskedCase } from './ask-cases.ts'
import { holdAgainst, outputOf } from './held.ts'
import { type HeldAnswer, Paired } from './paired.ts'
import { VersionTally } from './version-tally.ts'
import { WorstCases } from './worst-cases.ts'

type Told = Pick<EvaluationReport, 'version' | 'against' | 'asked' | 'differences' | 'disagreements'>

/** Takes case by case what came back, and keeps no more of it than a report tells. */
export class RunTally {
  readonly #run: EvaluationRun
  readonly #schema: Version['contract']['published']['output']
  readonly #version: VersionTally
  readonly #against: VersionTally | undefined
  readonly #paired: Paired
  readonly #worst: WorstCases
  #asked = 0
  #failed = 0

  constructor(run: EvaluationRun, version: Version, against: Version | undefined) {
    const { length } = run.cases
    this.#run = run
    this.#schema = version.contract.published.output
    this.#version = new VersionTally(version, length)
    this.#against = against && new VersionTally(against, length)
    this.#paired = new Paired(length)
    this.#worst = new WorstCases(run.kind)
  }

  take({ case: one, answers: [mine, theirs] }: AskedCase): void {
    if (mine === undefined) return
    const hold = (answer: OwnAnswer, like: unknown): HeldAnswer => ({
      answer,
      held: holdAgainst(one, answer, like, this.#schema),
    })
    const own = hold(mine, theirs ? outputOf(theirs) : one.answered)
    const other = theirs && hold(theirs, undefined)
    this.#version.add(own)
    if (other) {
      this.#against?.add(other)
      this.#paired.add(own, other)
    }
    this.#worst.add(one, own, other)
    this.#asked++
    if ('error' in mine.item) this.#failed++
    this.#run.progress?.({ cases: this.#run.cases.length, done: this.#asked, failed: this.#failed })
  }

  told(): Told {
    return {
      version: this.#version.told(),
      ...(this.#against ? { against: this.#against.told() } : {}),
      asked: this.#asked,
      differences: this.#paired.told(),
      disagreements: this.#worst.told(),
    }
  }
}
