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
  #usage: Usage | Promise<Usage> | undefined
  /** Upstream refused all that it was asked: nothing is used up. */
  refused = false

  constructor(metered: Metered) {
    this.#metered = metered
    this.#counter = estimated.has(metered.task) ? metered.counter : undefined
    this.#said = this.#counter ? new TextSample() : undefined
  }

  /** So far; the last one told counts. */
  told(usage: TokenUsage): void {
    this.#told = usage
  }

  /** The model's words, piece by piece: undefined where nobody counts them. */
  get words(): TextSample | undefined {
    return this.#said
  }

  /** Of an answer that is whole. The promise never rejects. */
  usage(): Usage | Promise<Usage> {
    this.#usage ??= this.#whole()
    return this.#usage
  }

  /**
   * Of an answer that broke off; undefined when nothing had come, unless the input is `owed` all the same. What upstream told of its
   * output may be behind what came. The promise never rejects.
   */
  partial(owed: boolean): Usage | undefined | Promise<Usage> {
    const came = this.#told !== undefined || this.#said?.isEmpty === false
    if (!came && !(owed && this.#counter)) return undefined
    return this.#counter && this.#said ? this.#estimate(this.#counter, this.#said, true) : this.#asTold()
  }

  #whole(): Usage | Promise<Usage> {
    const known = this.#told?.inputTokens !== undefined && this.#told.outputTokens !== undefined
    if (this.refused || known || !this.#counter || !this.#said) return this.#asTold()
    return this.#estimate(this.#counter, this.#said, false)
  }

  async #estimate(counter: TokenCounter, said: TextSample, brokeOff: boolean): Promise<Usage> {
    const told = this.#told ?? {}
    try {
      const inputTokens = told.inputTokens ?? (await wordsIn(this.#metered.input).tokens(counter))
      const { outputTokens: toldOut = 0 } = told
      const outputTokens =
        brokeOff || told.outputTokens === undefined ? Math.max(toldOut, await said.tokens(counter)) : toldOut
      const exact = inputTokens === told.inputTokens && outputTokens === told.outputTokens
      return { ...this.#asTold(), inputTokens, outputTokens, ...(exact ? {} : { estimated: true }) }
    } catch {
      // An answer is worth more than its count.
      return this.#asTold()
    }
  }

  #asTold(): Usage {
    return { items: this.#metered.items, ...this.#told }
  }
}
