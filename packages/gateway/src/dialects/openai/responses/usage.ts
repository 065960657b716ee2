import type { TokenUsage } from '../../../kernel/answer.ts'
import type { JsonObject } from '../../dialect.ts'
import { isObject } from '../chat/fields.ts'
import { given } from './members.ts'

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
  if (!isObject(usage)) return undefined
  const input = isObject(usage.input_tokens_details) ? usage.input_tokens_details : {}
  const output = isObject(usage.output_tokens_details) ? usage.output_tokens_details : {}
  const told = given({
    inputTokens: count(usage.input_tokens),
    cachedInputTokens: count(input.cached_tokens),
    cacheWriteInputTokens: count(input.cache_write_tokens),
    outputTokens: count(usage.output_tokens),
    reasoningTokens: count(output.reasoning_tokens),
  })
  return Object.keys(told).length > 0 ? told : undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
