import type { TokenUsage } from './answer.ts'

const counted = [
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteInputTokens',
  'outputTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof TokenUsage)[]

/** Those of which silence does not mean 0. */
const basic: readonly string[] = ['inputTokens', 'outputTokens'] satisfies (typeof counted)[number][]

/**
 * What several answers used up together; undefined where none told. A field is the sum over those that told it, a told 0 included. Where
 * some told their tokens and others did not, the sum is too low, and marked as an estimate.
 */
export function addUsage(usages: readonly (TokenUsage | undefined)[]): TokenUsage | undefined {
  if (usages.every((usage) => usage === undefined)) return undefined
  const sum: { -readonly [Field in keyof TokenUsage]: TokenUsage[Field] } = {}
  let estimated = usages.some((usage) => usage?.estimated)
  for (const field of counted) {
    const told = usages.flatMap((usage) => usage?.[field] ?? [])
    if (told.length === 0) continue
    sum[field] = told.reduce((all, tokens) => all + tokens)
    estimated ||= basic.includes(field) && told.length < usages.length
  }
  return estimated ? { ...sum, estimated } : sum
}
