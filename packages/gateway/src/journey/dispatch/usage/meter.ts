import type { TokenUsage, Usage } from '../../../kernel/answer.ts'
import type { Exchange, Spending } from '../../../kernel/backend.ts'
import type { FinishReason } from '../../../kernel/chat.ts'
import { worseFinish } from '../../../kernel/finish.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import { addUsage } from '../../../kernel/usage.ts'
import { fillIn, isWhole } from './fill-in.ts'
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

/**
 * What one attempt uses up: as upstream tells, and where it does not, estimated from the words of request and answer. Those are the
 * call's own, or of a backend that asks in words of its own, whatever the task, the exchanges that it tells.
 */
export class Meter implements Spending {
  readonly #metered: Metered
  readonly #counter: TokenCounter | undefined
  /** Made when the first words come. */
  #said: TextSample | undefined
  #told: TokenUsage | undefined
  #usage: Usage | Promise<Usage> | undefined
  #exchanges: readonly Exchange[] = []
  /** Words of the backend's own that are not answered yet. */
  #asking: unknown
  /** How the answer ended, as upstream told; of several choices the worst. */
  finish: FinishReason | undefined
  /** Upstream refused all that it was asked: nothing is used up. Undefined before anything came back. */
  refused: boolean | undefined

  constructor(metered: Metered) {
    this.#metered = metered
    this.#counter = estimated.has(metered.task) ? metered.counter : undefined
  }

  /** So far; the last one told counts. */
  told(usage: TokenUsage): void {
    this.#told = usage
  }

  /** A choice, or the whole answer, ended so. */
  ended(finish: FinishReason | undefined): void {
    if (finish !== undefined) this.finish = worseFinish(this.finish, finish)
  }

  asking(words: unknown): void {
    this.#asking = words
  }

  answered(exchange: Exchange): void {
    this.#asking = undefined
    this.#exchanges = [...this.#exchanges, exchange]
    this.refused = false
  }

  /** The model's words, piece by piece: undefined where nobody counts them. */
  get words(): TextSample | undefined {
    if (this.#counter) this.#said ??= new TextSample()
    return this.#said
  }

  /** Nothing told of any output. */
  get isUnheard(): boolean {
    return this.#told?.outputTokens === undefined && this.#said?.isEmpty !== false && this.#exchanges.length === 0
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
    const open = owed && this.#metered.counter && this.#asking !== undefined
    if (open) return this.#sum([...this.#exchanges, { asked: this.#asking, said: '', usage: undefined }])
    if (this.#exchanges.length > 0) return this.#sum(this.#exchanges)
    const came = this.#told !== undefined || this.#said?.isEmpty === false
    if (!came && !(owed && this.#counter)) return undefined
    return this.#counter ? this.#estimate(this.#counter, true) : this.#asTold()
  }

  #whole(): Usage | Promise<Usage> {
    if (this.#exchanges.length > 0) return this.#sum(this.#exchanges)
    const known = this.#told !== undefined && isWhole(this.#told)
    if (this.refused || known || !this.#counter) return this.#asTold()
    return this.#estimate(this.#counter, false)
  }

  async #estimate(counter: TokenCounter, brokeOff: boolean): Promise<Usage> {
    const said = this.#said ?? new TextSample()
    const { items, input } = this.#metered
    return { items, ...(await fillIn({ told: this.#told ?? {}, asked: input, said, brokeOff }, counter)) }
  }

  #sum(exchanges: readonly Exchange[]): Usage | Promise<Usage> {
    const { items, counter } = this.#metered
    const told = exchanges.map(({ usage }) => usage)
    if (!counter || told.every((usage) => usage !== undefined && isWhole(usage))) return { items, ...addUsage(told) }
    const filled = exchanges.map(({ asked, said, usage = {} }) =>
      isWhole(usage) ? usage : fillIn({ told: usage, asked, said: wordsIn(said), brokeOff: false }, counter),
    )
    return Promise.all(filled).then((usages) => ({ items, ...addUsage(usages) }))
  }

  #asTold(): Usage {
    return { items: this.#metered.items, ...this.#told }
  }
}
