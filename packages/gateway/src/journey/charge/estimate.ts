import { answersIn, outputTokensIn } from '../../dialects/output-limit.ts'
import type { Backend } from '../../kernel/backend.ts'
import type { Price } from '../../kernel/catalog-state.ts'
import { costUsd } from '../../kernel/price.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { mediaIn } from './media.ts'

/** Bytes of JSON for which a token is reserved: English has some four to a token, most other alphabets and code about three. */
const bytesPerToken = 3
/** Reserved for an answer that neither its caller nor its contract bounds. Nothing holds upstream to it. */
export const outputTokensDefault = 4096

/** Of which tasks a language model reads tokens, and writes them. A backend that asks one in words of its own does both. */
const tokensByTask: Partial<Readonly<Record<TaskName, 'read' | 'both'>>> = {
  chat: 'both',
  completion: 'both',
  embedding: 'read',
}

export interface EstimatedTokens {
  readonly input: number
  readonly output: number
}

const nothing: EstimatedTokens = { input: 0, output: 0 }

/** What a call may use up, before it is made: cheaply, and rather too much than too little. What it did not use is given back. */
export function estimateTokens(
  fitted: FittedCall,
  own: ReturnType<NonNullable<Backend['ownWords']>> | undefined,
): EstimatedTokens {
  const { call, contract } = fitted
  const tokens = own ? 'both' : tokensByTask[contract.task]
  // To count tokens is free.
  if (tokens === undefined || call.wire?.dialect === 'anthropic-count-tokens') return nothing
  const input = inputTokens(fitted) + itemsOf(fitted) * Math.ceil((own?.bytes ?? 0) / bytesPerToken)
  return { input, output: tokens === 'read' ? 0 : outputTokens(fitted, own?.outputTokensMax) }
}

export function itemsOf({ call }: Pick<FittedCall, 'call'>): number {
  return call.wire?.items ?? call.inputs.length
}

/** At the dearest that such tokens may cost; 0 where something of it has no price. */
export function estimateCost(price: Price, items: number, { input, output }: EstimatedTokens): number {
  return costUsd(dearestOf(price), { items, inputTokens: input, outputTokens: output }) ?? 0
}

const dearests = new WeakMap<Price, Price>()

function dearestOf(price: Price): Price {
  const known = dearests.get(price)
  if (known) return known
  const dearest: Price = {
    ...price,
    ...(price.input === undefined ? {} : { input: Math.max(price.input, price.cacheWriteInput ?? 0) }),
    ...(price.output === undefined ? {} : { output: Math.max(price.output, price.reasoning ?? 0) }),
  }
  dearests.set(price, dearest)
  return dearest
}

function inputTokens({ call: { wire }, contract, inputs }: FittedCall): number {
  const json = wire ? wire.bytes : JSON.stringify(inputs)
  const bytes = Buffer.byteLength(json)
  const media = contract.task === 'chat' ? mediaIn(wire ? wire.body : inputs, json) : undefined
  if (!media) return Math.ceil(bytes / bytesPerToken)
  return Math.ceil(Math.max(0, bytes - media.bytes) / bytesPerToken) + media.tokens
}

/** Of all items and answers together. */
function outputTokens({ call: { wire }, contract, inputs }: FittedCall, own: number | undefined): number {
  const { outputTokensMax: max = Number.POSITIVE_INFINITY } = contract.limits
  const each = (asked: number | undefined) => Math.min(asked ?? (Number.isFinite(max) ? max : outputTokensDefault), max)
  if (own !== undefined) return inputs.length * each(own)
  if (wire) return wire.items * answersIn(wire.dialect, wire.body) * each(outputTokensIn(wire.dialect, wire.body))
  let sum = 0
  for (const input of inputs) {
    const { outputTokensMax, n = 1 } = input as { readonly outputTokensMax?: number; readonly n?: number }
    sum += n * each(outputTokensMax)
  }
  return sum
}
