import type { TokenUsage } from '../../kernel/answer.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { JsonObject } from '../dialect.ts'
import { given } from '../json.ts'
import { readCount } from '../read-count.ts'

/** Token counts as Anthropic tells them; `input_tokens` leaves out those read from or written to its cache. */
export interface UsageCounts {
  readonly input?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly output?: number
  readonly thinking?: number
}

export function countsOf(usage: unknown): UsageCounts {
  if (!isJsonObject(usage)) return {}
  const details = usage.output_tokens_details
  return given({
    input: readCount(usage.input_tokens),
    cacheRead: readCount(usage.cache_read_input_tokens),
    cacheWrite: readCount(usage.cache_creation_input_tokens),
    output: readCount(usage.output_tokens),
    thinking: isJsonObject(details) ? readCount(details.thinking_tokens) : undefined,
  })
}

/**
 * Counts of one stream so far: each is cumulative, so the highest holds. Some servers tell the input only when the stream begins, and
 * a zero later; others the other way round.
 */
export function latestCounts(before: UsageCounts, now: UsageCounts): UsageCounts {
  const latest: Record<string, number> = { ...before }
  for (const [name, value] of Object.entries(now)) latest[name] = Math.max(latest[name] ?? 0, value)
  return latest
}

/** Undefined where nothing was told. */
export function readUsage({ input, cacheRead, cacheWrite, output, thinking }: UsageCounts): TokenUsage | undefined {
  if (input === undefined && output === undefined) return undefined
  return given({
    inputTokens: input === undefined ? undefined : input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    cachedInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    outputTokens: output,
    reasoningTokens: thinking,
  })
}

export function writeUsage(usage: TokenUsage): JsonObject {
  const { inputTokens = 0, cachedInputTokens = 0, cacheWriteInputTokens = 0, outputTokens = 0, reasoningTokens } = usage
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteInputTokens),
    cache_creation_input_tokens: cacheWriteInputTokens,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: outputTokens,
    ...(reasoningTokens === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  }
}
