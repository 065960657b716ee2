import type { Usage } from '../../kernel/answer.ts'
import type { Price } from '../../kernel/catalog-state.ts'
import { costUsd } from '../../kernel/price.ts'
import type { Attempt, AttemptUsage } from '../../kernel/record.ts'

/** An attempt that has ended, and what it used up when every token is counted. */
export interface BilledAttempt extends AttemptUsage {
  readonly attempt: Pick<Attempt, 'code'>
  readonly usage: Usage | undefined
}

export interface Bill {
  /** Of all attempts, as far as it is known; undefined where it is of none. */
  readonly costUsd: number | undefined
  /** A model ran that has no price, or none for what it used up. */
  readonly unpriced: boolean
  /** Something in it was counted here. */
  readonly estimated: boolean
  /** Of all attempts; undefined where those of one that answered are not known. */
  readonly tokens: number | undefined
  /** Attempts that may have written more than is known of them. */
  readonly unheard: number
}

/** What a call costs: each of its attempts by the price of its own model. `priceOf`: the one in force. */
export function billOf(
  attempts: readonly BilledAttempt[],
  priceOf: (upstreamModel: string) => Price | undefined,
): Bill {
  let sum: number | undefined
  let unpriced = false
  let estimated = false
  let tokens: number | undefined = 0
  let unheard = 0
  for (const { attempt, upstreamModel, ran, usage, unheard: isUnheard } of attempts) {
    estimated ||= usage?.estimated ?? false
    if (upstreamModel === undefined || !ran) continue
    if (isUnheard) unheard++
    const used = tokensIn(usage)
    if (used === undefined && attempt.code === undefined) tokens = undefined
    else if (tokens !== undefined) tokens += used ?? 0
    const price = priceOf(upstreamModel)
    const usd = price && usage && costUsd(price, usage)
    if (usd !== undefined) sum = (sum ?? 0) + usd
    // Of one that failed nobody may know what it used up, whatever its price.
    else if (!price || attempt.code === undefined) unpriced = true
  }
  return { costUsd: sum, unpriced, estimated, tokens, unheard }
}

function tokensIn({ inputTokens, outputTokens }: Partial<Usage> = {}): number | undefined {
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  return (inputTokens ?? 0) + (outputTokens ?? 0)
}

/** The one that answered, else the one that ended last: whose tokens and model the Record tells. */
export function mainAttempt<T extends Pick<BilledAttempt, 'attempt'>>(attempts: readonly T[]): T | undefined {
  return attempts.find(({ attempt }) => attempt.code === undefined) ?? attempts.at(-1)
}
