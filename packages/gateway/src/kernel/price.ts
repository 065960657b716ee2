import type { Usage } from './answer.ts'
import type { CatalogState, Price } from './catalog-state.ts'

/** The price in force at a time (ms since the Unix epoch): the latest that began by then, at midnight UTC. */
export function priceAt(prices: readonly Price[], timeMs: number): Price | undefined {
  return prices.findLast((price) => beginOf(price) <= timeMs)
}

/** By the name that a backend gives its model: it is upstream's, and may be one that every object has. */
export function priceOf(prices: CatalogState['prices'], upstreamModel: string, timeMs: number): Price | undefined {
  const own = prices && Object.hasOwn(prices, upstreamModel) ? prices[upstreamModel] : undefined
  return own && priceAt(own, timeMs)
}

const begins = new WeakMap<Price, number>()

/** Parsed once: every call asks for it. */
function beginOf(price: Price): number {
  const known = begins.get(price)
  if (known !== undefined) return known
  const begin = Date.parse(price.from)
  begins.set(price, begin)
  return begin
}

/**
 * What an answer cost: its tokens and items, each times its price per million. Cached, cache-write and reasoning tokens are parts
 * of the input and output tokens, and cost as much as those where the price does not tell them apart. Undefined, never 0, where
 * an amount that has a price is not known, or tokens were used that have none (unless the model is paid by the item).
 */
export function costUsd(price: Price, usage: Usage): number | undefined {
  const { inputTokens, outputTokens } = usage
  // Upstream told them: a part that is larger than its whole is a mistake, and is not billed as if it were true.
  const cached = within(usage.cachedInputTokens, inputTokens)
  const written = within(usage.cacheWriteInputTokens, inputTokens && inputTokens - cached)
  const reasoning = within(usage.reasoningTokens, outputTokens)
  const unpriced = price.items === undefined ? undefined : 0
  const parts = [
    part(inputTokens, cached + written, price.input ?? unpriced),
    part(cached, 0, price.cachedInput ?? price.input ?? unpriced),
    part(written, 0, price.cacheWriteInput ?? price.input ?? unpriced),
    part(outputTokens, reasoning, price.output ?? unpriced),
    part(reasoning, 0, price.reasoning ?? price.output ?? unpriced),
  ]
  let sum = usage.items * (price.items ?? 0)
  for (const cost of parts) {
    if (cost === undefined) return undefined
    sum += cost
  }
  return Number.isFinite(sum) && sum >= 0 ? sum / 1e6 : undefined
}

/** A part's tokens; where the whole is not known it bounds nothing. */
function within(tokens = 0, whole = tokens): number {
  return Math.min(tokens, whole)
}

/** Of a number of tokens those that are not priced apart. */
function part(tokens: number | undefined, apart: number, price: number | undefined): number | undefined {
  if (price === 0) return 0
  if (tokens === undefined) return price === undefined ? 0 : undefined
  const rest = tokens - apart
  return rest === 0 ? 0 : price && rest * price
}
