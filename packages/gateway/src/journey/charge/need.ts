import type { Backend } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import { priceOf } from '../../kernel/price.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { type EstimatedTokens, estimateCost, estimateTokens, itemsOf } from './estimate.ts'

/** What is reserved for a call. */
export interface Need {
  readonly requests: number
  readonly items: number
  readonly tokens: number
  readonly costUsd: number
  /** Of tokens and cost, what the answer alone may come to. */
  readonly outputTokens: number
  readonly outputUsd: number
}

/** Of a call that asks no model. */
export const nothing: Need = { requests: 1, items: 0, tokens: 0, costUsd: 0, outputTokens: 0, outputUsd: 0 }

export interface NeedPorts {
  readonly backends: ReadonlyMap<string, Backend>
}

/** `metered`: something bounds tokens or cost; where nothing does, they are not estimated. */
export function needOf(fitted: FittedCall, metered: boolean, at: number, { backends }: NeedPorts): Need {
  const items = itemsOf(fitted)
  if (!metered) return { ...nothing, items }
  const { version, catalog } = fitted
  const backend = backends.get(version.state.backend)
  const tokens = estimateTokens(fitted, backend?.ownWords?.(version.state.settings))
  const price = priceFor(version, backend, catalog.state.prices, at)
  const costUsd = price ? estimateCost(price, items, tokens) : 0
  const outputUsd = price ? estimateCost(price, 0, { input: 0, output: tokens.output }) : 0
  return { requests: 1, items, tokens: sum(tokens), costUsd, outputTokens: tokens.output, outputUsd }
}

function sum({ input, output }: EstimatedTokens): number {
  return input + output
}

/** Of the model that the call's own version runs: what a fallback costs beyond it is settled. */
function priceFor(
  { state }: Version,
  backend: Backend | undefined,
  prices: Parameters<typeof priceOf>[0],
  at: number,
): ReturnType<typeof priceOf> {
  const upstreamModel = backend?.upstreamModel?.(state.settings)
  return upstreamModel === undefined ? undefined : priceOf(prices, upstreamModel, at)
}
