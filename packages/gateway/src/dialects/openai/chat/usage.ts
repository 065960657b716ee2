import type { TokenUsage } from '../../../kernel/answer.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import { readCount } from '../../read-count.ts'

/** The usage of chat completions and completions. Upstream's is read leniently: what is no count is not told. */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (!isJsonObject(value)) return undefined
  const prompt = value.prompt_tokens_details
  const completion = value.completion_tokens_details
  const usage: { -readonly [Key in keyof TokenUsage]: TokenUsage[Key] } = {}
  put(usage, 'inputTokens', value.prompt_tokens)
  put(usage, 'outputTokens', value.completion_tokens)
  if (isJsonObject(prompt)) {
    put(usage, 'cachedInputTokens', prompt.cached_tokens)
    put(usage, 'cacheWriteInputTokens', prompt.cache_write_tokens)
  }
  if (isJsonObject(completion)) put(usage, 'reasoningTokens', completion.reasoning_tokens)
  const { inputTokens = 0, outputTokens = 0, reasoningTokens = 0 } = usage
  // xAI tells them beside the others.
  if (value.total_tokens === inputTokens + outputTokens + reasoningTokens) {
    put(usage, 'outputTokens', outputTokens + reasoningTokens)
  }
  // DeepSeek's word for it.
  if (usage.cachedInputTokens === undefined) put(usage, 'cachedInputTokens', value.prompt_cache_hit_tokens)
  return usage.inputTokens === undefined && usage.outputTokens === undefined ? undefined : usage
}

type Count = Exclude<keyof TokenUsage, 'estimated'>

function put(usage: { -readonly [Key in Count]?: number }, key: Count, value: unknown): void {
  const count = readCount(value)
  if (count !== undefined) usage[key] = count
}

/** Undefined where nothing is known: unknown is not zero. */
export function writeUsage(usage: TokenUsage) {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const prompt = {
    ...(cachedInputTokens === undefined ? {} : { cached_tokens: cachedInputTokens }),
    ...(cacheWriteInputTokens === undefined ? {} : { cache_write_tokens: cacheWriteInputTokens }),
  }
  return {
    prompt_tokens: inputTokens ?? 0,
    completion_tokens: outputTokens ?? 0,
    total_tokens: (inputTokens ?? 0) + (outputTokens ?? 0),
    ...(Object.keys(prompt).length > 0 ? { prompt_tokens_details: prompt } : {}),
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  }
}
