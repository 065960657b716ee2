import type { FinishReason } from './chat.ts'
import { isJsonObject } from './schema/facets.ts'

const badness: Readonly<Record<FinishReason, number>> = { stop: 0, 'tool-calls': 1, other: 2, length: 3, refusal: 4 }

/** Of several answers to one call, what is told of it. */
export function worseFinish(one: FinishReason | undefined, other: FinishReason | undefined): FinishReason | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return badness[other] > badness[one] ? other : one
}

/** How a canonical answer of a chat ended; undefined of what is none. */
export function finishOfAnswer(output: unknown): FinishReason | undefined {
  if (!isJsonObject(output) || !Array.isArray(output.choices)) return undefined
  return output.choices.map(finishIn).reduce((worst, finish) => worseFinish(worst, finish), undefined)
}

/** The same of a chunk that ends a choice. */
export function finishOfChunk(chunk: unknown): FinishReason | undefined {
  return isJsonObject(chunk) && chunk.type === 'choice-end' ? finishIn(chunk) : undefined
}

function finishIn(choice: unknown): FinishReason | undefined {
  const word = isJsonObject(choice) ? choice.finishReason : undefined
  return typeof word === 'string' && Object.hasOwn(badness, word) ? (word as FinishReason) : undefined
}
