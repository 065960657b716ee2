import type { TokenUsage } from '../../../kernel/answer.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'
import { readCount } from '../../read-count.ts'

/** Null where nothing is known: the protocol has no word for "unknown" besides. */
export function writeUsage(usage: TokenUsage): JsonObject | null {
  const { inputTokens, outputTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return null
  return {
    input_tokens: inputTokens ?? 0,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteInputTokens ?? 0,
    },
    output_tokens: outputTokens ?? 0,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: (inputTokens ?? 0) + (outputTokens ?? 0),
  }
}

/** Undefined where upstream tells none. */
export function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined
  const input = isJsonObject(usage.input_tokens_details) ? usage.input_tokens_details : {}
  const output = isJsonObject(usage.output_tokens_details) ? usage.output_tokens_details : {}
  const told = given({
    inputTokens: readCount(usage.input_tokens),
    cachedInputTokens: readCount(input.cached_tokens),
    cacheWriteInputTokens: readCount(input.cache_write_tokens),
    outputTokens: readCount(usage.output_tokens),
    reasoningTokens: readCount(output.reasoning_tokens),
  })
  return Object.keys(told).length > 0 ? told : undefined
}
