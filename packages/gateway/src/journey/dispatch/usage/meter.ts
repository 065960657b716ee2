import type { TokenUsage, Usage } from '../../../kernel/answer.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import { TextSample, wordsIn } from './text-sample.ts'
import type { TokenCounter } from './token-counter.ts'

/** Of which tasks a language model's tokens are estimated where upstream is silent. */
const estimated: ReadonlySet<TaskName> = new Set(['chat', 'completion'])

export interface Metered {
  readonly items: number
  readonly task: TaskName
  /** What was asked of the model: a JSON value. */
  readonly input: unknown
  /** Undefined where what answers is no model: nothing is estimated then. */
  readonly counter: TokenCounter | undefined
}

/** What one attempt uses up: as upstream tells, and where it does not, estimated from the words of request and answer. */
export class Meter {
  readonly #metered: Metered
  readonly #counter: TokenCounter | undefined
  readonly #said: TextSample | undefined
  #told: TokenUsage | undefined

  constructor(metered: Metered) {
    this.#metered = metered
    this.#counter = estimated.has(metered.task) ? metered.counter : undefined
    this.#said = this.#counter ? new TextSample() : undefined
  }

  /** So far; the last one told counts. */
  told(usage: TokenUsage): void {
    this.#told = usage
  }

  /** What upstream told. */
  get toldSoFar(): TokenUsage | undefined {
    return this.#told
  }

  /** The model's words, piece by piece: undefined where nobody counts them. */
  get words(): TextSample | undefined {
    return this.#said
  }

  /** Of an answer that is whole. */
  usage(): Usage | Promise<Usage> {
    const { items } = this.#metered
    const told = this.#told ?? {}
    const inputMissing = told.inputTokens === undefined
    const outputMissing = this.#said !== undefined && told.outputTokens === undefined
    return this.#counter && (inputMissing || outputMissing) ? this.#estimate(told, this.#counter) : { items, ...told }
  }

  /** Of an answer that broke off; undefined when nothing had come. What upstream told of its output may be behind what came. */
  async partial(): Promise<Usage | undefined> {
    if (!this.#told && (this.#said?.isEmpty ?? true)) return undefined
    const usage = await this.usage()
    if (!this.#counter || !this.#said) return usage
    const came = await this.#said.tokens(this.#counter)
    return came > (usage.outputTokens ?? 0) ? { ...usage, outputTokens: came, estimated: true } : usage
  }

  async #estimate(told: TokenUsage, counter: TokenCounter): Promise<Usage> {
    const { items, input } = this.#metered
    return {
      items,
      ...told,
      ...(told.inputTokens === undefined ? { inputTokens: await wordsIn(input).tokens(counter) } : {}),
      ...(told.outputTokens === undefined && this.#said ? { outputTokens: await this.#said.tokens(counter) } : {}),
      estimated: true,
    }
  }
}
