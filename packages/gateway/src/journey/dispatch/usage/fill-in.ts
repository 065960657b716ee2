import type { TokenUsage } from '../../../kernel/answer.ts'
import { type TextSample, wordsIn } from './text-sample.ts'
import type { TokenCounter } from './token-counter.ts'

/** What was asked of a model, what it said, and what upstream told of both. */
export interface Told {
  readonly told: TokenUsage
  /** A JSON value. */
  readonly asked: unknown
  readonly said: TextSample
  /** What upstream told of the output may be behind what came. */
  readonly brokeOff: boolean
}

export function isWhole({ inputTokens, outputTokens }: TokenUsage): boolean {
  return inputTokens !== undefined && outputTokens !== undefined
}

/** What upstream told; what it did not is estimated from the words, and marked. Never rejects: then that is left out. */
export async function fillIn({ told, asked, said, brokeOff }: Told, counter: TokenCounter): Promise<TokenUsage> {
  try {
    const inputTokens = told.inputTokens ?? (await wordsIn(asked).tokens(counter))
    const { outputTokens: toldOut = 0 } = told
    const counts = brokeOff || told.outputTokens === undefined
    const outputTokens = counts ? Math.max(toldOut, await said.tokens(counter)) : toldOut
    const exact = inputTokens === told.inputTokens && outputTokens === told.outputTokens
    return { ...told, inputTokens, outputTokens, ...(exact ? {} : { estimated: true }) }
  } catch {
    // An answer is worth more than its count.
    return told
  }
}
